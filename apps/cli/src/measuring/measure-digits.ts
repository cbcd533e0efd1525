import type { Images } from '@tract/images';
import type { ImageSeries } from '@tract/metrics';
import { type DigitDistance, type DigitReference, digitDistance, digitReference, fewImagesWarning, imagesOfSet } from '@tract/scores';
import type { Pause } from '../computing/interruptible.js';
import type { Io } from '../io.js';
import { openSet } from '../options/data-sets.js';
import { startProgress } from '../output/progress.js';

/**
 * Read the reference digits and the classifier; to be called before samples are drawn that could not be measured.
 * @throws ScoresError, DataError or CheckpointError for what is missing, damaged or no digits.
 */
export const loadDigitReference = async (set: string): Promise<DigitReference> => digitReference(set, imagesOfSet(await openSet(set)));

/** Measure the Fréchet distance of samples to the reference digits, with progress; warn of too few samples. @throws ScoresError */
export async function measureDigits(
  io: Io,
  images: Images | ImageSeries,
  reference: DigitReference,
  { silent, pause }: { readonly silent?: boolean; readonly pause: Pause },
): Promise<DigitDistance> {
  const few = fewImagesWarning(images.count);
  if (few && !silent) io.err(`${few}\n`);
  const progress = startProgress(io, { unit: 'images', silent });
  try {
    return await digitDistance(images, reference, async (phase, done, total) => {
      progress.tick({ done, total, phase });
      await pause();
    });
  } finally {
    progress.end();
  }
}
