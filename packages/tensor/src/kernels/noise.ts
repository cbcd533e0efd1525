import { fillNoise } from '../noise.js';
import { type Shape, sizeOf } from '../shape.js';
import { tensor } from '../tensor.js';
import { composed } from './compose.js';

type Options = {
  readonly seed: number;
  readonly stream: number;
  readonly step: number;
  readonly samples: readonly number[];
  /** Shape of one sample. */
  readonly shape: Shape;
};

/** Filled on the host and handed to the backend, so that the bits are the same everywhere. */
export const noise = composed((_: object, { shape, samples, ...key }: Options) =>
  tensor(fillNoise(key, samples, sizeOf(shape)), [samples.length, ...shape]),
);
