import type { Training } from './layers/dropout.js';

/** Everything a network is conditioned on beside the image; lists have one entry per image. */
export type Conditioning = {
  /** Noise level of each image: its logSNR, or cNoise inside a preconditioning. */
  readonly noise: readonly number[];
  /** Noise level at the end of a jump, for networks with `bothEnds`. Default there: `noise`, a jump of no length. */
  readonly noiseEnd?: readonly number[];
  /** Class of each image, an integer in [0, classes). */
  readonly labels?: readonly number[];
  /** Row of `augmentChannels` numbers per image that says how it was augmented. Default: zeros. */
  readonly augment?: readonly (readonly number[])[];
  /** Key of the dropout masks; without it nothing is dropped. */
  readonly training?: Training;
};
