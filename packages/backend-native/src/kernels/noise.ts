import { type NativeKernel, type NativeKernels, sizeOf } from '../native-kernel.js';

type Options = {
  readonly seed: number;
  readonly stream: number;
  readonly step: number;
  readonly samples: readonly number[];
  readonly shape: readonly number[];
};

const WORD = 2 ** 32;

const noise: NativeKernel<Options> = (backend, _, { seed, stream, step, samples, shape }) =>
  backend.launchOne(
    'noise',
    [],
    [samples.length, ...shape],
    [seed % WORD, Math.floor(seed / WORD), stream, step, sizeOf(shape), ...samples],
  );

export const noiseKernels: NativeKernels = { TractNoise: noise };
