import { type Tensor, tensor } from '@tract/tensor';
import type { InceptionParams } from './inception.js';
import { INCEPTION_FEATURES, inceptionConvolutions } from './inception-layers.js';

/** Numbers by name as they come out of a file, in torch's layout: filters [out, in, kh, kw]. */
export type InceptionArrays = ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;

/** The batch normalisation's epsilon, torchvision's and TensorFlow's alike. */
const EPSILON = 1e-3;

/** Further entries of torchvision's own files: a second head for training, and counters. */
const unused = /^AuxLogits\.|\.num_batches_tracked$/;

type HostLayer = { readonly kernel: Float32Array; readonly shape: readonly number[]; readonly bias: Float32Array };

/**
 * The network with these numbers: for each convolution `NAME.conv.weight` and `NAME.bn.{weight,bias,running_mean,running_var}`, and `fc.{weight,bias}`, as
 * pytorch-fid and torchvision name them. Batch normalisation is folded into the convolutions, in float64. The caller owns the result.
 * @throws RangeError that names an array which is missing, of another shape, not finite or not known; nothing is left behind then.
 */
export function inceptionFrom(arrays: InceptionArrays): InceptionParams {
  const left = new Set([...arrays.keys()].filter((name) => !unused.test(name)));
  const read = (name: string, shape: readonly (number | undefined)[]): Float32Array => {
    const array = arrays.get(name);
    if (!array) throw new RangeError(`inceptionFrom: there is no array '${name}'; is this a network of another kind?`);
    if (array.shape.length !== shape.length || shape.some((size, i) => size !== undefined && size !== array.shape[i])) {
      throw new RangeError(`inceptionFrom: '${name}' must have shape [${shape.map((size) => size ?? '*')}], got [${array.shape}]`);
    }
    const bad = array.data.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) throw new RangeError(`inceptionFrom: '${name}' must be finite, entry ${bad} is ${array.data[bad]}`);
    left.delete(name);
    return array.data;
  };
  const layers = new Map<string, HostLayer>();
  for (const name of Object.keys(inceptionConvolutions)) layers.set(name, foldedConvolution(name, read));
  layers.set('fc', denseLayer(read));
  const [stranger] = left;
  if (stranger !== undefined) throw new RangeError(`inceptionFrom: array '${stranger}' belongs to no layer of the network`);
  return Object.fromEntries([...layers].map(([name, layer]) => [name, upload(layer)]));
}

function upload({ kernel, shape, bias }: HostLayer): { readonly kernel: Tensor; readonly bias: Tensor } {
  return { kernel: tensor(kernel, shape), bias: tensor(bias, [bias.length]) };
}

type Read = (name: string, shape: readonly (number | undefined)[]) => Float32Array;

/** γ (conv(x) - μ) / √(σ² + ε) + β as one convolution with a bias, its filter as [kh, kw, in, out]. */
function foldedConvolution(name: string, read: Read): HostLayer {
  const { size, inputs, outputs } = inceptionConvolutions[name];
  const [height, width] = size;
  const filter = read(`${name}.conv.weight`, [outputs, inputs, height, width]);
  const gamma = read(`${name}.bn.weight`, [outputs]);
  const beta = read(`${name}.bn.bias`, [outputs]);
  const mu = read(`${name}.bn.running_mean`, [outputs]);
  const variance = read(`${name}.bn.running_var`, [outputs]);
  const kernel = new Float32Array(filter.length);
  const bias = new Float32Array(outputs);
  const taps = height * width;
  for (let o = 0; o < outputs; o++) {
    if (variance[o] < 0) throw new RangeError(`inceptionFrom: '${name}.bn.running_var' must not be negative, entry ${o} is ${variance[o]}`);
    const factor = gamma[o] / Math.sqrt(variance[o] + EPSILON);
    bias[o] = beta[o] - mu[o] * factor;
    for (let i = 0; i < inputs; i++) {
      for (let t = 0; t < taps; t++) kernel[(t * inputs + i) * outputs + o] = filter[(o * inputs + i) * taps + t] * factor;
    }
  }
  return { kernel, shape: [height, width, inputs, outputs], bias };
}

function denseLayer(read: Read): HostLayer {
  const weight = read('fc.weight', [undefined, INCEPTION_FEATURES]);
  const classes = weight.length / INCEPTION_FEATURES;
  const bias = read('fc.bias', [classes]).slice();
  const kernel = new Float32Array(weight.length);
  for (let c = 0; c < classes; c++) {
    for (let i = 0; i < INCEPTION_FEATURES; i++) kernel[i * classes + c] = weight[c * INCEPTION_FEATURES + i];
  }
  return { kernel, shape: [INCEPTION_FEATURES, classes], bias };
}
