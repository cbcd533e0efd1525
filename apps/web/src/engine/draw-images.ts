import { draw, type StoredModel } from '@tract/model';
import { read } from '@tract/tensor';
import type { NetworkParams } from '@tract/unet';
import { type Walk, walkNoise } from '../draw/noise-walk.js';
import { breathe } from '../page/breathe.js';

/** A model with its parameters on the device. */
export type UploadedModel = { readonly stored: StoredModel; readonly params: NetworkParams };

/** What to draw. */
export type Drawing = {
  readonly images: number;
  readonly walk: Walk;
  readonly steps: number;
  /** Class of all images. Default: drawn for each. */
  readonly class?: number;
};

/** Called after every step with the images [images,H,W,C], about in [-1, 1] at the end, and with the clean images that the network saw in them. */
export type Show = (xt: Float32Array, step: number, x0: Float32Array) => void | Promise<void>;

/** Draw images as the command line does. @returns milliseconds that it took, pictures on the way included; undefined if it was aborted. */
export async function drawImages(
  { stored, params }: UploadedModel,
  drawing: Drawing,
  signal?: AbortSignal,
  show?: Show,
): Promise<number | undefined> {
  const { images, walk, steps } = drawing;
  const size = stored.network.imageSize ** 2 * stored.network.inChannels;
  const noise = walkNoise(walk, images, size);
  const started = performance.now();
  let guess: Float32Array = new Float32Array();
  const batches = draw(stored, {
    ...{ params, steps, seed: walk.seed, batch: images, class: drawing.class },
    indices: Array.from({ length: images }, (_, i) => i),
    noise: (index) => noise.subarray(index * size, (index + 1) * size),
    onPrediction: async (x0) => {
      if (show && steps > 1) guess = await read(x0);
    },
    onStep: async ({ images: xt, step }) => {
      if (step === 0) return;
      if (show) {
        const now = await read(xt);
        await show(now, step, steps > 1 ? guess : now);
      }
      if (step < steps) await breathe();
      signal?.throwIfAborted();
    },
  });
  try {
    for await (const _ of batches);
    return performance.now() - started;
  } catch (error) {
    if (signal?.aborted && error === signal.reason) return undefined; // a lost device is told of, wanted or not
    throw error;
  }
}
