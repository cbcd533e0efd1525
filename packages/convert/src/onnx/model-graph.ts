import { type ModelDescription, processOf } from '@tract/model';
import { samplingLevels } from '@tract/schedules/training';
import { planEdm, planUNet, styleOfEdm, styleOfUNet } from '@tract/unet';
import { badRequest } from '../convert-error.js';
import type { HostModel } from '../destinations/destination.js';
import { knownNetwork } from '../known-network.js';
import { BackboneGraph } from './backbone-graph.js';
import { constantScales, type DenoiserScales, graphScales, type Scale } from './denoiser-scales.js';
import { embeddingOf } from './embedding-graph.js';
import { GraphBuilder, type Value } from './graph-builder.js';
import type { GraphOptions } from './graph-options.js';
import { Layers } from './layers.js';
import { elementTypes, type GraphValue, type OnnxGraph } from './onnx-model.js';
import { resamplingOf } from './resampling.js';

/**
 * Build the graph of a model. Images are [batch, C, H, W] in float32, batch of any size; labels [batch] are int64, there if the model has classes.
 * Denoiser: inputs `xt` and `logSNR` [batch], output `x0`, not clipped. One step: input `noise` (standard normal), output `image` in [-1, 1].
 * @throws ConvertError for one step of a model that is not made for it.
 */
export function modelGraph({ name, description, tensors }: HostModel, { type = 'float32', oneStep = false }: GraphOptions = {}): OnnxGraph {
  const { imageSize, inChannels, classes } = description.network;
  const builder = new GraphBuilder();
  const layers = new Layers(builder, tensors, type);
  const image = (of: string): GraphValue => ({ name: of, type: 'float32', dims: ['batch', inChannels, imageSize, imageSize] });
  const labels: GraphValue[] = classes > 1 ? [{ name: 'labels', type: 'int64', dims: ['batch'] }] : [];
  if (!oneStep) {
    const x0 = denoise(layers, description, 'xt', graphScales(builder, description, 'logSNR'));
    const logSNR: GraphValue = { name: 'logSNR', type: 'float32', dims: ['batch'] };
    return builder.finish('denoiser', [image('xt'), logSNR, ...labels], [{ ...image('x0'), from: x0 }]);
  }
  if (!description.samplingSteps.includes(1))
    throw badRequest(
      `${name} is made for ${description.samplingSteps.join(', ') || 'any number of'} steps, not for one; leave oneStep out`,
    );
  const [level] = samplingLevels(processOf(description), 1);
  const start = builder.op('Mul', ['noise', builder.floats([level.sigma])]);
  const x0 = denoise(layers, description, start, constantScales(description, level));
  const clipped = builder.op('Clip', [x0, builder.floats([-1]), builder.floats([1])]);
  return builder.finish('one-step', [image('noise'), ...labels], [{ ...image('image'), from: clipped }]);
}

/** x0 from xt: the network between its scales. */
function denoise(layers: Layers, description: ModelDescription, xt: Value, scales: DenoiserScales): Value {
  const { graph } = layers;
  const { network } = description;
  const output = networkOutput(layers, description, times(graph, xt, scales.in), scales);
  const parts = network.outputs > 1 ? split(graph, output, network.inChannels, network.outputs) : [output];
  const scaled = scales.outs.map((scale, i) => times(graph, parts[i], scale));
  const all = scales.skip === 0 ? scaled : [times(graph, xt, scales.skip), ...scaled];
  return all.reduce((sum, term) => graph.op('Add', [sum, term]));
}

function networkOutput(layers: Layers, description: ModelDescription, x: Value, { noise }: DenoiserScales): Value {
  const network = knownNetwork(description.network);
  const { graph, type } = layers;
  const [plan, style] = network.kind === 'unet' ? [planUNet(network), styleOfUNet(network)] : [planEdm(network), styleOfEdm(network)];
  const embedding = embeddingOf(layers, network, noise, network.classes > 1 ? 'labels' : undefined);
  const resampling = resamplingOf(layers, network.kind === 'song' ? network.filter : [1, 1]);
  const value = type === 'float16' ? graph.op('Cast', [x], { to: elementTypes.float16 }) : x;
  const input = { value, channels: network.inChannels, side: network.imageSize };
  const { value: output } = new BackboneGraph(layers, plan, style, resampling).apply(input, embedding);
  return type === 'float16' ? graph.op('Cast', [output], { to: elementTypes.float32 }) : output;
}

const split = (graph: GraphBuilder, x: Value, channels: number, count: number): Value[] =>
  graph.ops('Split', [x, graph.ints(Array(count).fill(channels))], count, { axis: 1 });

/** Images times one number each. */
function times(graph: GraphBuilder, x: Value, scale: Scale): Value {
  if (scale === 1) return x;
  const factor = typeof scale === 'number' ? graph.floats([scale]) : graph.op('Reshape', [scale, graph.ints([-1, 1, 1, 1])]);
  return graph.op('Mul', [x, factor]);
}
