import type { LayerInit } from './layer-init.js';
import type { Resampler } from './layers/resample.js';

/** Zeros that a stride-2 convolution sees: all around the image, or only after its last row and column. */
export type HalvingPad = 'around' | 'after';

/** Settings that all blocks of a network share. */
export type BlockStyle = {
  /** Width of the embedding that conditions every residual block. */
  readonly embChannels: number;
  /** Groups of a normalisation over so many channels. */
  readonly groups: (channels: number) => number;
  /** Added to the variance in every normalisation. */
  readonly eps: number;
  /** True: the embedding scales and shifts the second normalisation. False: it is added before it. */
  readonly scaleShift: boolean;
  /** Factor on each sum of what a block computed and what went around it; sqrt(1/2) keeps the variance of two independent terms. */
  readonly skipScale: number;
  /** True if the shortcut of a block that resamples has a 1x1 convolution even where the width stays. */
  readonly projectResampled: boolean;
  readonly resample: Resampler;
  /** Padding of the stride-2 convolutions that halve the image. */
  readonly halvingPad: HalvingPad;
  /** Starts: of layers at large, of those that end a block, of those that carry the embedding into one, and of queries, keys and values. */
  readonly init: Readonly<Record<'layer' | 'last' | 'embedding' | 'qkv', LayerInit>>;
};
