import { decodeModelConfig, type NamedArray, readSafetensors, toFloat32 } from '@tract/checkpoint';
import type { Model, Prediction } from '@tract/distill';
import { leaves, mapTree, type Shape, type Tensor, tensor } from '@tract/tensor';
import { applyUNet, type UNetConfig, type UNetParams, unetSpec } from '@tract/unet';

/** A model that this page can draw from, with its parameters on the device. */
export type DrawableModel = {
  readonly name: string;
  readonly model: Model<UNetParams>;
  readonly params: UNetParams;
  readonly network: UNetConfig;
  /** Sampling steps that it is best at. */
  readonly steps: number;
};

const predictions: readonly Prediction[] = ['x0', 'eps', 'v', 'x0+eps'];

/**
 * A model from the bytes of its two files; without `config` the copy inside the weights is used.
 * @throws Error, a RangeError or a CheckpointError that says what is wrong with them.
 */
export function drawableModel(name: string, weights: Uint8Array, config?: Uint8Array): DrawableModel {
  const { tensors, metadata } = readSafetensors(weights, { source: `${name}: weights` });
  const inside = metadata.get('tract.config');
  const text = config ?? (inside === undefined ? undefined : new TextEncoder().encode(inside));
  if (text === undefined) throw new Error(`${name} says nothing about its network; add the config.json that belongs to it`);
  const { network, prediction, samplingSteps, preconditioning, process } = decodeModelConfig(text, `${name}: config.json`);
  if (!isRecord(network)) throw new Error(`${name}: config.json has no 'network'`);
  if (network.kind !== undefined || preconditioning !== undefined || process !== undefined)
    throw new Error(`${name}: this page draws from the paper's U-Net on the cosine schedule; use the command line for EDM's models`);
  const known = predictions.find((candidate) => candidate === prediction);
  if (known === undefined)
    throw new Error(`${name}: 'prediction' must be one of ${predictions.join(', ')}, got ${JSON.stringify(prediction)}`);
  const unet = network as unknown as UNetConfig;
  const steps =
    Array.isArray(samplingSteps) && Number.isInteger(samplingSteps[0]) && Number(samplingSteps[0]) >= 1 ? Number(samplingSteps[0]) : 1;
  return {
    name,
    model: { network: (params, xt, conditioning) => applyUNet(unet, params, xt, conditioning), prediction: known },
    params: upload(name, unet, tensors),
    network: unet,
    steps,
  };
}

type Shaped = { readonly shape: Shape };

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The arrays as tensors in the form of the network's parameters. @throws Error unless they are exactly those. */
function upload(name: string, network: UNetConfig, arrays: ReadonlyMap<string, NamedArray>): UNetParams {
  const spec = unetSpec(network);
  const expected = new Map(leaves<Shaped>(spec));
  for (const [path, { shape }] of expected) {
    const found = arrays.get(path);
    if (found === undefined || `${found.shape}` !== `${shape}`)
      throw new Error(`${name}: '${path}' must be an array of shape [${shape}], got ${found === undefined ? 'none' : `[${found.shape}]`}`);
  }
  for (const path of arrays.keys())
    if (!expected.has(path)) throw new Error(`${name}: there is no '${path}' in this network; do the files belong together?`);
  const values = new Map([...expected.keys()].map((path) => [path, toFloat32(arrays.get(path)!)]));
  for (const [path, data] of values)
    if (!data.every(Number.isFinite)) throw new Error(`${name}: '${path}' holds numbers that are not finite`);
  return mapTree<Shaped, Tensor>(spec, ({ shape }, path) => tensor(values.get(path)!, shape)) as UNetParams;
}
