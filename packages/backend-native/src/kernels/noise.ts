import type { NativeKernel, NativeKernels } from '../native-kernel.js';
import { sizeOf } from '../size-of.js';

type Key = { readonly seed: number; readonly stream: number; readonly step: number };
type Samples = Key & { readonly samples: readonly number[] };
type NoiseOptions = Samples & { readonly shape: readonly number[] };
type DropoutOptions = Samples & { readonly rate: number };

const WORD = 2 ** 32;

const wordsOf = ({ seed, stream, step }: Key) => ({ seedLow: seed % WORD, seedHigh: Math.floor(seed / WORD), stream, step });

const noise: NativeKernel<NoiseOptions> = (backend, _, { samples, shape, ...key }) => {
  backend.refuseTrace('random numbers are drawn, by a key that is another in each call');
  return backend.launchOne('noise', { y: [samples.length, ...shape], key: wordsOf(key), perSample: sizeOf(shape), samples });
};

const dropout: NativeKernel<DropoutOptions> = (backend, { x }, { samples, rate, ...key }) => {
  backend.refuseTrace('features are dropped by a key that is another in each call');
  if (x.shape[0] !== samples.length)
    throw new RangeError(`TractDropout: needs one sample of the key for each of [${x.shape}], got ${samples.length}`);
  return backend.launchOne('dropout', { x, y: x.shape, key: wordsOf(key), perSample: sizeOf(x.shape) / samples.length, rate, samples });
};

export const noiseKernels: NativeKernels = { TractNoise: noise, TractDropout: dropout };
