import type { Images } from '@tract/images';
import {
  accumulateStatistics,
  type Extracted,
  type ExtractedRows,
  extractBatches,
  type FeatureKind,
  type FeatureStatistics,
  type ImageSeries,
  type StatisticsAccumulator,
} from '@tract/metrics';
import type { ReadyExtractor } from './extractors.js';
import { type FeatureCache, featureKey } from './feature-cache.js';
import { invalidData } from './scores-error.js';

export type CollectOptions = {
  /** Name of the images in messages. */
  readonly source: string;
  /** Cache to take features from and keep them in. Default: none. */
  readonly cache?: FeatureCache;
  /** Called after each batch with the images done so far; may throw to stop. */
  readonly onBatch?: (done: number) => void | Promise<void>;
};

/**
 * Extract features of all images, or take them from the cache.
 * @throws ScoresError for images that the extractor does not take, or features that are not finite.
 */
export async function collectFeatures(
  images: Images | ImageSeries,
  ready: ReadyExtractor,
  kinds: readonly FeatureKind[],
  options: CollectOptions,
): Promise<Extracted> {
  const all = new Map<FeatureKind, ExtractedRows>();
  await eachPart(images, ready, kinds, options, (kind, { values, dimensions }, first) => {
    if (!all.has(kind)) all.set(kind, { values: new Float32Array(images.count * dimensions), dimensions });
    all.get(kind)!.values.set(values, first * dimensions);
  });
  return all;
}

/**
 * Compute the statistics of features of all images, of which a batch is in memory at a time, and of features a few megabytes.
 * @throws ScoresError as `collectFeatures` does; for fewer than two images.
 */
export async function collectStatistics(
  images: Images | ImageSeries,
  ready: ReadyExtractor,
  kinds: readonly FeatureKind[],
  options: CollectOptions,
): Promise<ReadonlyMap<FeatureKind, FeatureStatistics>> {
  const sums = new Map<FeatureKind, StatisticsAccumulator>();
  await eachPart(images, ready, kinds, options, (kind, { values, dimensions }) => {
    if (!sums.has(kind)) sums.set(kind, accumulateStatistics(dimensions));
    sums.get(kind)!.add(values);
  });
  if (images.count < 2) throw invalidData(`a Frechet distance needs at least 2 images, ${options.source} has one`);
  return new Map(Array.from(sums, ([kind, sum]) => [kind, sum.statistics()]));
}

/** Hand the rows of all images to `use`, part by part in order, each with the number of its first image: those in the cache, and those that then go there. */
async function eachPart(
  images: Images | ImageSeries,
  { extractor, identity, batch }: ReadyExtractor,
  kinds: readonly FeatureKind[],
  { source, cache, onBatch }: CollectOptions,
  use: (kind: FeatureKind, rows: ExtractedRows, first: number) => void,
): Promise<void> {
  const missing: FeatureKind[] = [];
  const keys = new Map(cache ? kinds.map((kind) => [kind, featureKey(identity, images, kind)]) : []);
  for (const kind of kinds) {
    const kept = cache?.read(keys.get(kind)!, images.count);
    if (!kept) missing.push(kind);
    let first = 0;
    for (const rows of kept ?? []) {
      use(kind, rows, first);
      first += rows.values.length / rows.dimensions;
    }
  }
  if (missing.length === 0) return;
  const writers = new Map(missing.map((kind) => [kind, cache?.write(keys.get(kind)!, images.count)]));
  try {
    await extractBatches(extractor, images, missing, { batch, ...(onBatch && { onBatch }) }, (kind, rows, first) => {
      use(kind, rows, first);
      writers.get(kind)?.add(rows);
    });
  } catch (error) {
    if (error instanceof RangeError) throw invalidData(`${source}: ${error.message}`, error);
    throw error;
  } finally {
    for (const writer of writers.values()) writer?.end();
  }
}
