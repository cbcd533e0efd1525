import { type Extracted, type ExtractedRows, extractImages, type FeatureKind } from '@tract/metrics';
import { CliError, dataError } from '../errors.js';
import type { Images } from '../images.js';
import type { Io } from '../io.js';
import { startProgress } from '../progress.js';
import type { Pause } from '../signals.js';
import type { ReadyExtractor } from './extractors.js';
import { cacheKey, readCached, writeCached } from './feature-cache.js';

export type FeatureWork = {
  /** What the progress line says, such as `reading the samples`. */
  readonly phase: string;
  readonly silent?: boolean;
  readonly pause: Pause;
  /** Whether features may come from the cache and go there. */
  readonly cache: boolean;
};

/**
 * Features of all images, from the cache or the network. Images [n, h, w, c] of the name `source`.
 * @throws CliError (bad data) that names the source for images that the extractor does not take or features that are not finite.
 */
export async function collectFeatures(
  io: Io,
  source: string,
  images: Images,
  { extractor, identity, batch }: ReadyExtractor,
  kinds: readonly FeatureKind[],
  { phase, silent, pause, cache }: FeatureWork,
): Promise<Extracted> {
  const all = new Map<FeatureKind, ExtractedRows>();
  const keys = new Map(cache ? kinds.map((kind) => [kind, cacheKey(identity, images, kind)]) : []);
  const distrust = (path: string) => io.err(`${path} is not whole; the features are worked out anew\n`);
  for (const [kind, key] of keys) {
    const kept = readCached(key, images.count, distrust);
    if (kept) all.set(kind, kept);
  }
  const missing = kinds.filter((kind) => !all.has(kind));
  if (missing.length === 0) return all;
  const progress = startProgress(io, { unit: 'images', silent });
  const onBatch = async (done: number) => {
    progress.tick({ done, total: images.count, phase });
    await pause();
  };
  try {
    for (const [kind, rows] of await extractImages(extractor, images, missing, { batch, onBatch })) {
      all.set(kind, rows);
      if (cache) keep(io, keys.get(kind)!, rows);
    }
  } catch (error) {
    if (error instanceof RangeError) throw dataError(`${source}: ${error.message}`, error);
    throw error;
  } finally {
    progress.end();
  }
  return all;
}

/** A cache that cannot be written costs time, not the result. */
function keep(io: Io, key: string, rows: ExtractedRows): void {
  try {
    writeCached(key, rows);
  } catch (error) {
    const reason = error instanceof CliError ? error.message.split(';')[0] : (error as Error).message;
    io.err(`the features are not kept for another time: ${reason}\n`);
  }
}
