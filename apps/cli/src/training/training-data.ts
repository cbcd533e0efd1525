import { availableParallelism } from 'node:os';
import type { ImageSet } from '@tract/data';
import { withCommas } from '@tract/report';
import type { TaskImages } from '@tract/train';
import { startBackend } from '../computing/backend.js';
import { rankThreads } from '../computing/ranks.js';
import { type Io, warnOn } from '../io.js';
import type { ComputeOptions } from '../options/common-options.js';
import { openSet } from '../options/data-sets.js';
import { setLines } from '../output/set-lines.js';

/** Options of reading images in files. The result does not depend on it, but for images that cannot be read. */
export type DataOptions = {
  /** Threads that read ahead; 0 for none. Default: a quarter of the cores, the others compute. */
  readonly workers?: number;
  /** Bytes up to which a set is kept in memory once it has been read. Default: 2 GB. */
  readonly dataMemory?: number;
  /** Images that may be passed over because they cannot be read. Default: 0. */
  readonly maxBadSamples?: number;
  /** Take a set that has names for fewer classes than the network knows. Default: false. */
  readonly fewerClasses?: boolean;
};

/** Return how a task opens its images: when the run has been taken, with what was found on stderr, before the backend starts. */
export const imagesOf = (io: Io, data: string, options: DataOptions & ComputeOptions): TaskImages => ({
  images: () => openSet(data, options),
  onSet: async (set) => {
    if (!options.silent) tell(io, data, set);
    await startBackend(io, { ...options, threads: options.threads ?? rankThreads() });
  },
  fewerClasses: options.fewerClasses,
  reading: readingOf(io, options),
});

const tell = (io: Io, data: string, set: ImageSet): void =>
  [`data          ${data}, ${withCommas(set.count)} images`, ...setLines(set)].forEach((line) => void io.err(`${line}\n`));

const readingOf = (io: Io, { workers, dataMemory = 2e9, maxBadSamples }: DataOptions): TaskImages['reading'] => ({
  threads: workers ?? Math.max(1, Math.min(8, (rankThreads() ?? availableParallelism()) >> 2)),
  keepBytes: dataMemory,
  maxBadSamples,
  onBad: ({ reason }) => warnOn(io)(`${reason}; it is passed over`),
});
