import { draw } from '@tract/model';
import { read } from '@tract/tensor';
import type { DrawableModel } from '../model/drawable-model.js';
import { breathe } from '../page/breathe.js';
import { type Walk, walkNoise } from './noise-walk.js';

export type Drawing = {
  readonly images: number;
  readonly walk: Walk;
  readonly steps: number;
  readonly signal: AbortSignal;
  /** Called after every step with the images [images,H,W,C]; the last ones are about in [-1, 1]. */
  readonly show: (values: Float32Array, step: number) => void;
};

/** Draw images as the command line does. @returns milliseconds that it took, pictures on the way included; undefined if it was aborted. */
export async function drawImages({ stored, params }: DrawableModel, drawing: Drawing): Promise<number | undefined> {
  const { images, walk, steps, signal, show } = drawing;
  const size = stored.network.imageSize ** 2 * stored.network.inChannels;
  const noise = walkNoise(walk, images, size);
  const started = performance.now();
  const batches = draw(stored, {
    ...{ params, steps, seed: walk.seed, batch: images },
    indices: Array.from({ length: images }, (_, i) => i),
    noise: (index) => noise.subarray(index * size, (index + 1) * size),
    onStep: async ({ images: xt, step }) => {
      if (step === 0) return;
      show(await read(xt), step);
      if (step < steps) await breathe();
      signal.throwIfAborted();
    },
  });
  try {
    for await (const _ of batches);
    return performance.now() - started;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}
