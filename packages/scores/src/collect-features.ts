import type { Images } from '@tract/images';
import {
  type Extracted,
  type ExtractedRows,
  extractImageStatistics,
  extractImages,
  type FeatureKind,
  type FeatureStatistics,
  type ImageSeries,
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
  { extractor, identity, batch }: ReadyExtractor,
  kinds: readonly FeatureKind[],
  { source, cache, onBatch }: CollectOptions,
): Promise<Extracted> {
  const all = new Map<FeatureKind, ExtractedRows>();
  const keys = new Map(cache ? kinds.map((kind) => [kind, featureKey(identity, images, kind)]) : []);
  for (const [kind, key] of keys) {
    const kept = cache!.read(key, images.count);
    if (kept) all.set(kind, kept);
  }
  const missing = kinds.filter((kind) => !all.has(kind));
  if (missing.length === 0) return all;
  const found = await named(source, () => extractImages(extractor, images, missing, { batch, ...(onBatch && { onBatch }) }));
  for (const [kind, rows] of found) {
    all.set(kind, rows);
    cache?.write(keys.get(kind)!, rows);
  }
  return all;
}

/**
 * Compute the statistics of features of all images, of which a batch is in memory at a time.
 * @throws ScoresError as `collectFeatures` does
 */
export const collectStatistics = (
  images: Images | ImageSeries,
  { extractor, batch }: ReadyExtractor,
  kinds: readonly FeatureKind[],
  { source, onBatch }: Omit<CollectOptions, 'cache'>,
): Promise<ReadonlyMap<FeatureKind, FeatureStatistics>> =>
  named(source, () => extractImageStatistics(extractor, images, kinds, { batch, ...(onBatch && { onBatch }) }));

async function named<T>(source: string, extract: () => Promise<T>): Promise<T> {
  try {
    return await extract();
  } catch (error) {
    if (error instanceof RangeError) throw invalidData(`${source}: ${error.message}`, error);
    throw error;
  }
}
