import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { readSafetensors, toFloat32 } from '@tract/checkpoint';
import { allImages, gather } from '@tract/data';
import {
  type ClassifierArrays,
  DIGIT_CLASSIFIER_NAME,
  DIGIT_FEATURES,
  digitClassifierFrom,
  digitExtractor,
  extractStatistics,
  type FeatureStatistics,
  frechetDistance,
} from '@tract/metrics';
import { dispose, type Tensor, tensor } from '@tract/tensor';
import { loadSet } from './data-sets.js';
import { dataError } from './errors.js';
import type { Images } from './images.js';
import type { Io } from './io.js';
import { type Progress, startProgress } from './progress.js';
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

/** All that a distance needs besides the samples, on the host. */
export type Yardstick = { readonly reference: string; readonly images: Images; readonly classifier: ClassifierArrays };

/** Images at a time; the features of an image do not depend on it. */
const batch = 250;
/** Below this the distance says more about the number of samples than about the samples. */
const fewSamples = 2048;

const weightsName = '@tract/metrics/weights/digit-classifier.safetensors';

function readClassifier(): ClassifierArrays {
  const path = findWeights();
  const { tensors } = readSafetensors(readFileSync(path), { source: path });
  return new Map([...tensors].map(([name, array]) => [name, { shape: array.shape, data: toFloat32(array) }]));
}

function findWeights(): string {
  try {
    return createRequire(import.meta.url).resolve(weightsName);
  } catch (error) {
    throw dataError(`the digit classifier is missing: expected ${weightsName}; get the file from the repository again`, error);
  }
}

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
  return { reference, images: { data: allImages(set), count, height, width, channels }, classifier: readClassifier() };
}

/** 8-bit images as network input, batch by batch; each tensor is lent until the next is asked for. */
async function* batchesOf(images: Images, progress: Progress, phase: string, pause: Pause): AsyncGenerator<Tensor> {
  const { data, count, height, width, channels } = images;
  const set = { images: data, labels: new Uint8Array(0), count, height, width, channels };
  for (let first = 0; first < count; first += batch) {
    const indices = Array.from({ length: Math.min(batch, count - first) }, (_, i) => first + i);
    const x = tensor(gather(set, indices), [indices.length, height, width, channels]);
    try {
      yield x;
    } finally {
      dispose(x);
    }
    progress.tick({ done: first + indices.length, total: count, phase });
    await pause();
  }
}

/**
 * Fréchet distance between the images and a data set, in the features of our digit classifier.
 * @throws CliError (bad data) for images of another size than the data set's, or fewer than two.
 */
export async function measureImages(
  io: Io,
  images: Images,
  { reference, images: known, classifier: arrays }: Yardstick,
  { silent, pause }: { readonly silent?: boolean; readonly pause: Pause },
): Promise<FrechetReport> {
  const { count, height, width, channels } = images;
  if (height !== known.height || width !== known.width || channels !== known.channels) {
    throw dataError(
      `the samples are ${width}x${height} with ${channels} channels; those of ${reference} are ${known.width}x${known.height} with ${known.channels}, and so must they be`,
    );
  }
  if (count < 2) throw dataError(`a Frechet distance needs at least 2 samples, got ${count}; give more of them`);
  if (count < fewSamples && !silent)
    io.err(`only ${withCommas(count)} samples: the distance comes out too high; use ${withCommas(fewSamples)} or more\n`);
  const progress = startProgress(io, { unit: 'images', silent });
  const classifier = digitClassifierFrom(arrays);
  const statistics = (set: Images, phase: string): Promise<FeatureStatistics> =>
    extractStatistics(digitExtractor(classifier), batchesOf(set, progress, phase, pause));
  try {
    const there = await statistics(known, `reading ${reference}`);
    const here = await statistics(images, 'reading the samples');
    return {
      frechet_distance: frechetDistance(here, there),
      extractor: DIGIT_CLASSIFIER_NAME,
      features: DIGIT_FEATURES,
      samples: here.count,
      reference,
      reference_samples: there.count,
    };
  } finally {
    dispose(classifier);
    progress.end();
  }
}
