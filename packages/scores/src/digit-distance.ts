import type { ImageSize, Images } from '@tract/images';
import {
  CLASSIFIER_FEATURES,
  type ClassifierSet,
  classifierKinds,
  featureStatistics,
  frechetDistance,
  type ImageSeries,
} from '@tract/metrics';
import { collectFeatures } from './collect-features.js';
import { type LoadedExtractor, loadClassifier } from './extractors.js';
import { invalidData } from './scores-error.js';

/** Fréchet distance between digits, with everything that it depends on; the key is spelt as other tools spell theirs. */
export type DigitDistance = {
  readonly frechet_distance: number;
  readonly extractor: string;
  readonly features: number;
  readonly samples: number;
  readonly reference: string;
  readonly reference_samples: number;
};

/** Real digits to compare with, and the classifier, both on the host. */
export type DigitReference = { readonly name: string; readonly images: Images | ImageSeries; readonly classifier: LoadedExtractor };

/** Samples below which the distance says more about their number than about the samples. */
const fewImages = 2048;

/** Say that so few images come out too far in the features of a classifier; undefined for enough of them, and for 0, which is an unknown number. */
export const fewImagesWarning = (count: number): string | undefined =>
  count > 0 && count < fewImages
    ? `only ${count.toLocaleString('en-US')} images: the distance comes out too high; use ${fewImages.toLocaleString('en-US')} or more`
    : undefined;

/**
 * Prepare a comparison with the digits `images`; to be called before samples are drawn that could not be measured.
 * @throws ScoresError for images that are not 28x28 grey, CheckpointError for damaged weights.
 */
export function digitReference(name: string, images: Images | ImageSeries): DigitReference {
  requireImagesOf('digits', name, images);
  return { name, images, classifier: loadClassifier('digits') };
}

/** Check that a classifier reads images like those of `name`. @throws ScoresError for images of another size or of other channels. */
export function requireImagesOf(set: ClassifierSet, name: string, { height, width, channels }: ImageSize): void {
  const known = classifierKinds[set];
  if (height === known.size && width === known.size && channels === known.channels) return;
  throw invalidData(
    `the images of ${name} are ${width}x${height} with ${channels} channels; the classifier of ${set} knows ${known.size}x${known.size} with ${known.channels}, choose another extractor`,
  );
}

/** Called after each batch of a phase, such as `reading mnist:test`, with the images done and in all; may throw to stop. */
export type OnMeasured = (phase: string, done: number, total: number) => void | Promise<void>;

/**
 * Measure the Fréchet distance between samples and reference digits in the features of the digit classifier, on the active backend.
 * @throws ScoresError for images of another size than the reference's, or fewer than two.
 */
export async function digitDistance(images: Images | ImageSeries, reference: DigitReference, onBatch?: OnMeasured): Promise<DigitDistance> {
  const { name, images: known, classifier } = reference;
  const { count, height, width, channels } = images;
  if (height !== known.height || width !== known.width || channels !== known.channels) {
    throw invalidData(
      `the samples are ${width}x${height} with ${channels} channels; those of ${name} are ${known.width}x${known.height} with ${known.channels}, and so must they be`,
    );
  }
  if (count < 2) throw invalidData(`a Frechet distance needs at least 2 samples, got ${count}; give more of them`);
  const ready = classifier.start();
  const statistics = async (source: string, set: Images | ImageSeries) => {
    const rows = await collectFeatures(set, ready, ['features'], {
      source,
      onBatch: (done) => onBatch?.(`reading ${source}`, done, set.count),
    });
    return featureStatistics(rows.get('features')!.values, CLASSIFIER_FEATURES);
  };
  try {
    const there = await statistics(name, known);
    const here = await statistics('the samples', images);
    return {
      frechet_distance: frechetDistance(here, there),
      extractor: classifierKinds.digits.name,
      features: CLASSIFIER_FEATURES,
      samples: here.count,
      reference: name,
      reference_samples: there.count,
    };
  } finally {
    ready.free();
  }
}
