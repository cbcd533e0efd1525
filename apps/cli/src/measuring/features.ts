import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Images } from '@tract/images';
import type { FeatureKind, ImageSeries } from '@tract/metrics';
import { measureImages, openFeatureCache, type ReadyExtractor, type Side } from '@tract/scores';
import type { Pause } from '../computing/signals.js';
import type { Io } from '../io.js';
import { startProgress } from '../output/progress.js';

/** Return the folder of the feature cache: TRACT_CACHE, or `tract/features` in the user's cache folder. */
const cacheFolder = (): string =>
  process.env.TRACT_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tract', 'features');

export type FeatureWork = {
  /** True for scores that need the features themselves, not their statistics alone. */
  readonly needsRows: boolean;
  readonly silent?: boolean;
  readonly pause: Pause;
  /** True to take features from the cache and keep them there. */
  readonly cache: boolean;
};

/** Extract features of all images of `source` as a side, with progress, or take them from the cache. @throws ScoresError */
export async function sideWithProgress(
  io: Io,
  source: string,
  images: Images | ImageSeries,
  ready: ReadyExtractor,
  kinds: readonly FeatureKind[],
  { needsRows, silent, pause, cache }: FeatureWork,
): Promise<Side> {
  const progress = startProgress(io, { unit: 'images', silent });
  const onBatch = async (done: number): Promise<void> => {
    progress.tick({ done, total: images.count, phase: `reading ${source}` });
    await pause();
  };
  try {
    const kept = cache ? openFeatureCache(cacheFolder(), (sentence) => io.err(`${sentence}\n`)) : undefined;
    return await measureImages(images, ready, kinds, { source, needsRows, cache: kept, onBatch });
  } finally {
    progress.end();
  }
}
