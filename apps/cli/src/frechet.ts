import { allImages } from '@tract/data';
import { DIGIT_CLASSIFIER_NAME, DIGIT_FEATURES, featureStatistics, frechetDistance } from '@tract/metrics';
import { loadSet } from './data-sets.js';
import { dataError } from './errors.js';
import { digits, type ExtractorMaker } from './fid/extractors.js';
import { collectFeatures } from './fid/features.js';
import type { Images } from './images.js';
import type { Io } from './io.js';
import { withCommas } from './quantity.js';
import type { Pause } from './signals.js';

/** A Fréchet distance and all that it depends on; the key is spelt as other tools spell theirs. */
export type FrechetReport = {
  readonly frechet_distance: number;
  readonly extractor: string;
  readonly features: number;
  readonly samples: number;
  readonly reference: string;
  readonly reference_samples: number;
};

/** All that a distance between digits needs besides the samples, on the host. */
export type Yardstick = { readonly reference: string; readonly images: Images; readonly makeExtractor: ExtractorMaker };

/** Below this the distance says more about the number of samples than about the samples. */
const fewImages = 2048;

/**
 * Reads the data set and the classifier; to be called before samples are drawn that could not be measured.
 * @throws CliError or DataError (bad data) for what is missing or damaged.
 */
export async function loadYardstick(reference: string): Promise<Yardstick> {
  const set = await loadSet(reference);
  const { count, height, width, channels } = set;
  if (height !== 28 || width !== 28 || channels !== 1)
    throw dataError(
      `the images of ${reference} are ${width}x${height} with ${channels} channels; the digit classifier, in whose features the distance is taken, knows 28x28 with 1`,
    );
  return { reference, images: { data: allImages(set), count, height, width, channels }, makeExtractor: digits() };
}

/**
 * Fréchet distance between the images and a data set, in the features of our digit classifier.
 * @throws CliError (bad data) for images of another size than the data set's, or fewer than two.
 */
export async function measureImages(
  io: Io,
  images: Images,
  { reference, images: known, makeExtractor }: Yardstick,
  { silent, pause }: { readonly silent?: boolean; readonly pause: Pause },
): Promise<FrechetReport> {
  const { count, height, width, channels } = images;
  if (height !== known.height || width !== known.width || channels !== known.channels) {
    throw dataError(
      `the samples are ${width}x${height} with ${channels} channels; those of ${reference} are ${known.width}x${known.height} with ${known.channels}, and so must they be`,
    );
  }
  if (count < 2) throw dataError(`a Frechet distance needs at least 2 samples, got ${count}; give more of them`);
  if (count < fewImages && !silent)
    io.err(`only ${withCommas(count)} samples: the distance comes out too high; use ${withCommas(fewImages)} or more\n`);
  const ready = makeExtractor();
  const statistics = async (name: string, set: Images, phase: string) => {
    const rows = await collectFeatures(io, name, set, ready, ['features'], { phase, silent, pause, cache: false });
    return featureStatistics(rows.get('features')!.values, DIGIT_FEATURES);
  };
  try {
    const there = await statistics(reference, known, `reading ${reference}`);
    const here = await statistics('the samples', images, 'reading the samples');
    return {
      frechet_distance: frechetDistance(here, there),
      extractor: DIGIT_CLASSIFIER_NAME,
      features: DIGIT_FEATURES,
      samples: here.count,
      reference,
      reference_samples: there.count,
    };
  } finally {
    ready.free();
  }
}
