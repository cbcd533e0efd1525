import type { Images } from '@tract/images';
import { type DrawImagesOptions, type DrawState, drawImages, ModelError } from '@tract/model';
import type { Pause } from '../computing/interruptible.js';
import { dataError } from '../errors.js';
import type { Io } from '../io.js';
import { startProgress } from '../output/progress.js';
import type { StoredModel } from './model-folder.js';

export type DrawOptions = DrawImagesOptions & {
  readonly silent?: boolean;
  /** Name of the work in the progress line. */
  readonly phase?: string;
};

/** Draw images 0 to count − 1 with progress; `pause` may end the work at each step. @throws CliError (bad data) for a model that draws no numbers. */
export async function drawWithProgress(io: Io, model: StoredModel, options: DrawOptions, pause: Pause): Promise<Images> {
  const { count, first: begin = 0, phase, silent } = options;
  const progress = startProgress(io, { unit: 'images', silent });
  const onStep = async ({ indices: [first, ...others], step, steps }: DrawState): Promise<void> => {
    progress.tick({ done: first - begin + Math.floor((step / steps) * (1 + others.length)), total: count, phase });
    await pause();
  };
  try {
    return await drawImages(model, { ...options, onStep });
  } catch (error) {
    throw error instanceof ModelError ? dataError(`${model.path}: ${error.message}`, error) : error;
  } finally {
    progress.end();
  }
}
