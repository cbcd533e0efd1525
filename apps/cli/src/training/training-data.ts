import { availableParallelism } from 'node:os';
import type { TaskImages } from '@tract/train';
import { type Io, warnOn } from '../io.js';

/** How images in files come to a training. The result does not depend on it, but for images that cannot be read. */
export type DataOptions = {
  /** Threads that read ahead; 0 for none. Default: a quarter of the cores, the others compute. */
  readonly workers?: number;
  /** Bytes up to which a set is kept in memory once it has been read. Default: 2 GB. */
  readonly dataMemory?: number;
  /** Images that may be passed over because they cannot be read. Default: 0. */
  readonly maxBadSamples?: number;
};

/** Translate the options of a command; images that are passed over are told on stderr. */
export const readingOf = (io: Io, { workers, dataMemory = 2e9, maxBadSamples }: DataOptions): TaskImages['reading'] => ({
  threads: workers ?? Math.max(1, Math.min(8, availableParallelism() >> 2)),
  keepBytes: dataMemory,
  maxBadSamples,
  onBad: ({ reason }) => warnOn(io)(`${reason}; it is passed over`),
});
