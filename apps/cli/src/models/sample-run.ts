import { toBytes } from '@tract/data';
import { type DrawState, draw, ModelError } from '@tract/model';
import type { Pause } from '../computing/signals.js';
import { dataError } from '../errors.js';
import type { Io } from '../io.js';
import type { DrawingOptions } from '../options/sampling-options.js';
import type { Images } from '../output/images.js';
import { startProgress } from '../output/progress.js';
import type { StoredModel } from './model-folder.js';

export type DrawOptions = DrawingOptions & {
  readonly steps: number;
  readonly count: number;
  readonly seed: number;
  /** Images at a time. */
  readonly batch: number;
  readonly silent?: boolean;
  /** Name of the work in the progress line. */
  readonly phase?: string;
};

/** Draw images 0 to count − 1, with progress. Image i depends on (seed, i) and how it is sampled, not on the batch. */
export async function drawImages(io: Io, model: StoredModel, options: DrawOptions, pause: Pause): Promise<Images> {
  const { imageSize, inChannels } = model.network;
  const { count, phase } = options;
  const size = imageSize * imageSize * inChannels;
  const data = new Uint8Array(count * size);
  const progress = startProgress(io, { unit: 'images', silent: options.silent });
  const indices = Array.from({ length: count }, (_, i) => i);
  const onStep = async ({ indices: [first, ...others], step, steps }: DrawState): Promise<void> => {
    progress.tick({ done: first + Math.floor((step / steps) * (1 + others.length)), total: count, phase });
    await pause();
  };
  try {
    for await (const {
      indices: [first],
      values,
    } of draw(model, { ...options, indices, onStep }))
      data.set(toBytes(values), first * size);
  } catch (error) {
    throw error instanceof ModelError ? dataError(`${model.path}: ${error.message}`, error) : error;
  } finally {
    progress.end();
  }
  return { data, count, height: imageSize, width: imageSize, channels: inChannels };
}
