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
  inceptionScore,
  kernelDistance,
  precisionRecall,
  softmaxRows,
} from '@tract/metrics';
import { dataError, usageError } from '../errors.js';
import { withCommas } from '../quantity.js';
import type { StoredStatistics } from './statistics-file.js';

/** What is asked for besides the Fréchet distance. */
export type Wanted = {
  readonly kid?: boolean;
  readonly prdc?: boolean;
  readonly is?: boolean;
  readonly sfid?: boolean;
  /** A number of samples at which the distance is wanted too. */
  readonly extrapolate?: number;
  readonly seed: number;
};

/** A side of the comparison after extraction: features where there were images, statistics in any case. */
export type Side = { readonly name: string; readonly rows?: Extracted; readonly statistics: StoredStatistics };

/** What must be extracted of the samples and of the reference. */
export function kindsFor({ is, sfid }: Wanted): { readonly samples: readonly FeatureKind[]; readonly reference: readonly FeatureKind[] } {
  const reference: FeatureKind[] = sfid ? ['features', 'spatial'] : ['features'];
  return { samples: is ? [...reference, 'logits'] : reference, reference };
}

/** @throws CliError (bad data) for fewer than two images. */
export function sideOf(name: string, rows: Extracted): Side {
  const statistics = (kind: FeatureKind): FeatureStatistics | undefined => {
    const found = rows.get(kind);
    if (found && found.values.length / found.dimensions < 2) throw dataError(`a Frechet distance needs at least 2 images, ${name} has one`);
    return found && featureStatistics(found.values, found.dimensions);
  };
  const spatial = statistics('spatial');
  return { name, rows, statistics: { features: statistics('features')!, ...(spatial && { spatial }) } };
}

/** Words for a side whose covariance its images cannot fill. */
export function fewSamplesWarning({ name, statistics: { features } }: Side): string | undefined {
  const few = fewSamples(features);
  return (
    few &&
    `${name} has only ${withCommas(few.count)} images for ${withCommas(few.dimensions)} features: the distance comes out too high; use more than ${withCommas(few.dimensions)}, or --extrapolate`
  );
}

/** Scores by the keys of torch-fidelity where it has them. */
export type Scores = Readonly<Record<string, number | readonly number[]>>;

/**
 * Every score that is wanted of `samples` against `reference`. `distance` is the key of the Fréchet distance.
 * @throws CliError for sides that cannot be compared, or statistics alone where features are needed.
 */
export function scoresOf(samples: Side, reference: Side, wanted: Wanted, distance: string): Scores {
  const [a, b] = [samples.statistics, reference.statistics];
  const rows = (side: Side, kind: FeatureKind, option: string): ExtractedRows => {
    const found = side.rows?.get(kind);
    if (!found) throw usageError(`${option} needs images, but ${side.name} holds statistics only; leave it out or name the images`);
    return found;
  };
  const scores: Record<string, number | readonly number[]> = { [distance]: compare(samples, reference, a.features, b.features) };
  if (wanted.sfid) {
    if (!a.spatial || !b.spatial)
      throw usageError(`--sfid needs spatial statistics, and ${(a.spatial ? reference : samples).name} has none`);
    scores[`spatial_${distance}`] = compare(samples, reference, a.spatial, b.spatial);
  }
  if (wanted.extrapolate !== undefined) {
    const { values } = rows(samples, 'features', '--extrapolate');
    const { seed } = wanted;
    const at = checked(samples, () => extrapolateFrechet(values, b.features, { count: wanted.extrapolate, seed }));
    scores[`${distance}_extrapolated`] = at.distance;
    scores[`${distance}_extrapolated_count`] = at.count;
    scores[`${distance}_halves`] = at.halves;
    scores[`${distance}_infinity`] = checked(samples, () => frechetAtInfinity(values, b.features, { seed })).distance;
  }
  if (wanted.is) {
    const { values, dimensions } = rows(samples, 'logits', '--is');
    const score = checked(samples, () => inceptionScore(softmaxRows(values, dimensions), dimensions, { seed: wanted.seed }));
    scores.inception_score_mean = score.mean;
    scores.inception_score_std = score.std;
  }
  if (wanted.kid) {
    const [x, y] = [rows(samples, 'features', '--kid'), rows(reference, 'features', '--kid')];
    const { mean, std, subsetSize } = checked(samples, () => kernelDistance(x.values, y.values, x.dimensions, { seed: wanted.seed }));
    scores.kernel_inception_distance_mean = mean;
    scores.kernel_inception_distance_std = std;
    scores.kernel_inception_distance_subset_size = subsetSize;
  }
  if (wanted.prdc) {
    const [x, y] = [rows(samples, 'features', '--prdc'), rows(reference, 'features', '--prdc')];
    const { precision, recall, fScore, density, coverage } = checked(samples, () => precisionRecall(y.values, x.values, x.dimensions));
    Object.assign(scores, { precision, recall, f_score: fScore, density, coverage });
  }
  return scores;
}

function compare(samples: Side, reference: Side, a: FeatureStatistics, b: FeatureStatistics): number {
  if (a.mean.length !== b.mean.length) {
    throw dataError(
      `${samples.name} has ${a.mean.length} features and ${reference.name} ${b.mean.length}: they were made by different extractors and cannot be compared`,
    );
  }
  return checked({ name: `${samples.name} and ${reference.name}` }, () => frechetDistance(a, b));
}

/** What the metrics refuse, as a sentence about what they were given. */
function checked<T>({ name }: { readonly name: string }, measure: () => T): T {
  try {
    return measure();
  } catch (error) {
    if (error instanceof RangeError) throw dataError(`${name}: ${error.message}`, error);
    throw error;
  }
}
