import type { Images } from '@tract/images';
import {
  type Extracted,
  type ExtractedRows,
  extrapolateFrechet,
  type FeatureKind,
  type FeatureStatistics,
  featureStatistics,
  fewSamples,
  frechetAtInfinity,
  frechetDistance,
  type ImageSeries,
  type IndefiniteCovariance,
  inceptionScore,
  kernelDistance,
  precisionRecall,
  softmaxRows,
} from '@tract/metrics';
import { type CollectOptions, collectFeatures, collectStatistics } from './collect-features.js';
import type { ReadyExtractor } from './extractors.js';
import { checked, invalidData, ScoresError } from './scores-error.js';
import type { StoredStatistics } from './statistics-file.js';

/** Scores asked for besides the Fréchet distance. */
export type Wanted = {
  readonly kid?: boolean;
  readonly prdc?: boolean;
  readonly is?: boolean;
  readonly sfid?: boolean;
  /** Number of samples at which the distance is extrapolated too. */
  readonly extrapolate?: number;
  /** Seed of the random subsets. */
  readonly seed: number;
};

/** A side of a comparison after extraction: statistics, and features if it had images. */
export type Side = { readonly name: string; readonly rows?: Extracted; readonly statistics: StoredStatistics };

/** Return the kinds of features to extract of the samples and of the reference. */
export function kindsFor({ is, sfid }: Wanted): { readonly samples: readonly FeatureKind[]; readonly reference: readonly FeatureKind[] } {
  const reference: FeatureKind[] = sfid ? ['features', 'spatial'] : ['features'];
  return { samples: is ? [...reference, 'logits'] : reference, reference };
}

/** Compute the statistics of a side's features. @throws ScoresError for fewer than two images. */
export function sideOf(name: string, rows: Extracted): Side {
  const statistics = (kind: FeatureKind): FeatureStatistics | undefined => {
    const found = rows.get(kind);
    if (found && found.values.length / found.dimensions < 2)
      throw invalidData(`a Frechet distance needs at least 2 images, ${name} has one`);
    return found && featureStatistics(found.values, found.dimensions);
  };
  const spatial = statistics('spatial');
  return { name, rows, statistics: { features: statistics('features')!, ...(spatial && { spatial }) } };
}

/**
 * Extract the features of images as a side. They are kept where `needsRows` is true; else only their statistics are, so that memory does not grow with the
 * number of images.
 * @throws ScoresError as `collectFeatures` does; for fewer than two images.
 */
export async function measureImages(
  images: Images | ImageSeries,
  ready: ReadyExtractor,
  kinds: readonly FeatureKind[],
  { needsRows, ...options }: CollectOptions & { readonly needsRows: boolean },
): Promise<Side> {
  if (needsRows) return sideOf(options.source, await collectFeatures(images, ready, kinds, options));
  const statistics = await collectStatistics(images, ready, kinds, options);
  const spatial = statistics.get('spatial');
  return { name: options.source, statistics: { features: statistics.get('features')!, ...(spatial && { spatial }) } };
}

/** Return a sentence on a side with fewer images than features; undefined for enough of them. */
export function fewSamplesWarning({ name, statistics: { features } }: Side): string | undefined {
  const few = fewSamples(features);
  if (!few) return undefined;
  const [count, dimensions] = [few.count, few.dimensions].map((n) => n.toLocaleString('en-US'));
  return `${name} has only ${count} images for ${dimensions} features: the distance comes out too high; use more than ${dimensions}, or extrapolate`;
}

/** Scores by name: the key of torch-fidelity if it has the score. */
export type Scores = Readonly<Record<string, number | readonly number[]>>;

/**
 * Compute every wanted score of `samples` against `reference`. `distance` is the key of the Fréchet distance.
 * @throws ScoresError for sides that cannot be compared, or statistics alone if features are needed.
 */
export function compareSides(
  samples: Side,
  reference: Side,
  wanted: Wanted,
  distance: string,
  warn: (sentence: string) => void = () => {},
): Scores {
  const [a, b] = [samples.statistics, reference.statistics];
  const rows = (side: Side, kind: FeatureKind, score: string): ExtractedRows => {
    const found = side.rows?.get(kind);
    if (!found)
      throw new ScoresError(
        'needs-images',
        `${score} needs images, but ${side.name} holds statistics only; leave it out or give the images`,
      );
    return found;
  };
  const scores: Record<string, number | readonly number[]> = { [distance]: compare(samples, reference, a.features, b.features, warn) };
  if (wanted.sfid) {
    if (!a.spatial || !b.spatial)
      throw new ScoresError('needs-images', `sfid needs spatial statistics, and ${(a.spatial ? reference : samples).name} has none`);
    scores[`spatial_${distance}`] = compare(samples, reference, a.spatial, b.spatial, warn);
  }
  if (wanted.extrapolate !== undefined) {
    const { values } = rows(samples, 'features', 'extrapolate');
    const { seed } = wanted;
    const at = checked(samples.name, () => extrapolateFrechet(values, b.features, { count: wanted.extrapolate, seed }));
    scores[`${distance}_extrapolated`] = at.distance;
    scores[`${distance}_extrapolated_count`] = at.count;
    scores[`${distance}_halves`] = at.halves;
    scores[`${distance}_infinity`] = checked(samples.name, () => frechetAtInfinity(values, b.features, { seed })).distance;
  }
  if (wanted.is) {
    const { values, dimensions } = rows(samples, 'logits', 'is');
    const score = checked(samples.name, () => inceptionScore(softmaxRows(values, dimensions), dimensions, { seed: wanted.seed }));
    scores.inception_score_mean = score.mean;
    scores.inception_score_std = score.std;
  }
  if (wanted.kid) {
    const [x, y] = [rows(samples, 'features', 'kid'), rows(reference, 'features', 'kid')];
    const { mean, std, subsetSize } = checked(samples.name, () => kernelDistance(x.values, y.values, x.dimensions, { seed: wanted.seed }));
    scores.kernel_inception_distance_mean = mean;
    scores.kernel_inception_distance_std = std;
    scores.kernel_inception_distance_subset_size = subsetSize;
  }
  if (wanted.prdc) {
    const [x, y] = [rows(samples, 'features', 'prdc'), rows(reference, 'features', 'prdc')];
    const { precision, recall, fScore, density, coverage } = checked(samples.name, () => precisionRecall(y.values, x.values, x.dimensions));
    Object.assign(scores, { precision, recall, f_score: fScore, density, coverage });
  }
  return scores;
}

function compare(samples: Side, reference: Side, a: FeatureStatistics, b: FeatureStatistics, warn: (sentence: string) => void): number {
  if (a.mean.length !== b.mean.length) {
    throw invalidData(
      `${samples.name} has ${a.mean.length} features and ${reference.name} ${b.mean.length}: they were made by different extractors and cannot be compared`,
    );
  }
  const onIndefinite = ({ of, smallest, largest }: IndefiniteCovariance): void =>
    warn(
      `the covariance of ${(of === 'a' ? samples : reference).name} is indefinite: its smallest eigenvalue is ${(smallest / largest).toExponential(1)} of the largest, as sums in float32 make it; eigenvalues below zero count as zero`,
    );
  return checked(`${samples.name} and ${reference.name}`, () => frechetDistance(a, b, { onIndefinite }));
}
