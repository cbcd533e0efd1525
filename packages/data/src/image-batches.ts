import { type BadSample, badSamples } from './bad-samples.js';
import { batchMemory } from './batch-memory.js';
import { batchAt } from './epoch-order.js';
import type { ImageSet, ImagesOnDemand } from './image-set.js';
import { failureOf, type ReadFailure, type ReadItem, readImages } from './read-images.js';
import { startReadThreads } from './read-threads.js';
import { imageReader, type StoredImages } from './stored-images.js';

export type BatchOptions = {
  readonly seed: number;
  readonly batchSize: number;
  /** The first batch that is picked. */
  readonly first?: number;
  /** Threads that read ahead; 0 (the default) reads a batch when it is picked. */
  readonly threads?: number;
  /** Bytes up to which a set is kept as it is read; batches of a larger one pass through a ring. Default: 0. */
  readonly keepBytes?: number;
  /** Unreadable images that may be skipped. Default: 0. */
  readonly maxBadSamples?: number;
  /** Unreadable images of an earlier session, which are skipped unread. */
  readonly bad?: readonly BadSample[];
  /** Called for each unreadable image. */
  readonly onBad?: (sample: BadSample) => void;
};

/** The images of a batch, and their classes where the set has any. Lent until the next one is picked. */
export type Picked = {
  /** The set, or the memory that its images were read into. */
  readonly images: ImageSet;
  /** Number in `images` of each image of the batch. */
  readonly slots: ArrayLike<number>;
  readonly labels: number[];
};

export type ImageBatches = {
  /**
   * The images of batch `step`, the one after that before it: those of `batchAt`, and for one that cannot be read the next of the set that can.
   * So they are a function of (seed, step), the set and `bad`, and of nothing else.
   * @throws DataError (as a rejection) for one bad image more than is allowed; ReadThreadError.
   */
  readonly pick: (step: number) => Promise<Picked>;
  /** List the images skipped so far, in the order in which they were met. */
  readonly bad: () => readonly BadSample[];
  /** End the reading threads. */
  readonly close: () => Promise<void>;
};

/** The batches of a training. What lies in files is read, by threads ahead of time where there are any; what is in memory is taken from there. */
export function openBatches(set: ImageSet, options: BatchOptions): ImageBatches {
  if ('read' in set && set.stored) return storedBatches(set, set.stored, options);
  const { seed, batchSize } = options;
  const pick = async (step: number): Promise<Picked> => {
    const indices = batchAt(seed, set.count, batchSize, step);
    return { images: set, slots: indices, labels: labelsOf(set, indices) };
  };
  return { pick, bad: () => [], close: async () => {} };
}

const labelsOf = ({ labels }: ImageSet, indices: Uint32Array): number[] =>
  labels.length === 0 ? [] : Array.from(indices, (index) => labels[index]);

function storedBatches(set: ImagesOnDemand, stored: StoredImages, options: BatchOptions): ImageBatches {
  const { seed, batchSize, first = 0, threads = 0, keepBytes = 0 } = options;
  // One in use, one for each thread to work at, and one that waits for the first thread to be done.
  const depth = threads === 0 ? 1 : threads + 2;
  const { images, slot, claim } = batchMemory(set, batchSize, depth, keepBytes);
  const memory = images.data;
  const bad = badSamples(options);
  const reader = threads === 0 ? readingHere(stored, memory) : startReadThreads(threads, { form: stored.form, memory });
  const wantedAt = (step: number): Uint32Array => batchAt(seed, set.count, batchSize, step);

  const ahead: Promise<readonly ReadFailure[]>[] = [];
  let picked = first;
  const readAhead = (batches: number): void => {
    for (let step = picked + ahead.length; ahead.length < batches; step++) {
      const items = [...wantedAt(step)].flatMap((index, position): ReadItem[] =>
        bad.has(index) || !claim(index) ? [] : [{ index, place: stored.place(index), slot: slot(step, position, index) }],
      );
      const done = items.length === 0 ? Promise.resolve([]) : reader.read(items);
      // Whoever picks the batch is told; nobody may.
      done.catch(() => {});
      ahead.push(done);
    }
  };

  /** The next image after a bad one that can be read, put where the batch expects it. */
  const replacement = (step: number, position: number, wanted: number): number => {
    for (let distance = 1; distance < set.count; distance++) {
      const index = (wanted + distance) % set.count;
      if (bad.has(index)) continue;
      try {
        memory.set(set.read(index), slot(step, position, index) * (memory.length / images.count));
        return index;
      } catch (error) {
        bad.add(failureOf(index, error));
      }
    }
    throw bad.allOf(set.count);
  };

  const pick = async (step: number): Promise<Picked> => {
    if (step !== picked) throw new RangeError(`pick: batches follow one another, expected ${picked}, got ${step}`);
    // The batch before this one is done with: its place is the last one's.
    readAhead(depth);
    const failures = new Map((await ahead[0]).map((failure) => [failure.index, failure]));
    ahead.shift();
    picked++;
    const indices = wantedAt(step);
    for (const [position, wanted] of indices.entries()) {
      const failure = failures.get(wanted);
      if (failure) bad.add(failure);
      if (bad.has(wanted)) indices[position] = replacement(step, position, wanted);
    }
    return { images, slots: indices.map((index, position) => slot(step, position, index)), labels: labelsOf(set, indices) };
  };

  if (threads > 0) readAhead(depth - 1);
  return { pick, bad: bad.list, close: reader.close };
}

function readingHere({ form }: StoredImages, memory: Uint8Array) {
  const read = imageReader(form);
  return {
    read: async (items: readonly ReadItem[]): Promise<readonly ReadFailure[]> => readImages(read, items, memory),
    close: async (): Promise<void> => {},
  };
}
