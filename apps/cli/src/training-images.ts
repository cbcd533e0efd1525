import { availableParallelism } from 'node:os';
import { type ImageBatches, type ImageSet, openBatches } from '@tract/data';
import { type Io, warnOn } from './io.js';
import type { Checkpoint } from './run-folder.js';
import type { BatchSettings } from './training-batch.js';

/** How images in files come to a training. The result does not depend on it, but for images that cannot be read. */
export type DataOptions = {
  /** Threads that read ahead; 0 for none. */
  readonly workers?: number;
  /** Bytes up to which a set is kept in memory once it has been read. */
  readonly dataMemory?: number;
  /** Images that may be passed over because they cannot be read. */
  readonly maxBadSamples?: number;
};

/** A quarter of the cores: the others compute. */
const usualWorkers = (): number => Math.max(1, Math.min(8, availableParallelism() >> 2));

const usualDataMemory = 2e9;

/** The batches of a training from where it begins or goes on; reading begins now. The caller closes them. */
export function trainingImages(
  io: Io,
  set: ImageSet,
  { data, seed, batch }: BatchSettings,
  from: Checkpoint | undefined,
  { workers = usualWorkers(), dataMemory = usualDataMemory, maxBadSamples }: DataOptions,
): ImageBatches {
  const warn = warnOn(io);
  return openBatches(set, {
    seed,
    batchSize: batch,
    first: from?.state.step,
    threads: workers,
    keepBytes: dataMemory,
    maxBadSamples,
    // Of other images they say nothing.
    bad: from?.config.settings.data === data ? from.state.badSamples : undefined,
    onBad: ({ reason }) => warn(`${reason}; it is passed over`),
  });
}
