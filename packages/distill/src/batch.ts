import { type NoiseKey, noise, slice, type Tensor } from '@tract/tensor';

/** Batch of images, and what a caller may give instead of having it drawn. */
export type Batch = {
  /** Clean images [B,H,W,C] in [-1, 1]; stay the caller's. */
  readonly x0: Tensor;
  /** One class per image, for a class-conditional network. */
  readonly labels?: readonly number[];
  /** Standard normal noise in the shape of x0; stays the caller's. Drawn when left out. */
  readonly noise?: Tensor;
};

/** Neighbours in a batch: the index of the first, and how many. */
export type Microbatch = { readonly first: number; readonly count: number };

/** Give the whole of a batch as one microbatch. */
export const wholeOf = ({ x0 }: Batch): Microbatch => ({ first: 0, count: x0.shape[0] });

/** Cut a microbatch out: tensors and lists alike have one entry per image. Slices are fresh and belong to the current scope. */
export function microbatchOf<B extends Batch>(batch: B, { first, count }: Microbatch): B {
  if (count === wholeOf(batch).count) return batch;
  const cut = (entries: Tensor | readonly unknown[]): Tensor | readonly unknown[] =>
    'shape' in entries ? rows(entries, { first, count }) : entries.slice(first, first + count);
  const given = Object.entries(batch).filter(([, entries]) => entries !== undefined);
  return Object.fromEntries(given.map(([name, entries]) => [name, cut(entries)])) as B;
}

const rows = (x: Tensor, { first, count }: Microbatch): Tensor =>
  slice(x, [first, ...x.shape.slice(1).map(() => 0)], [count, ...x.shape.slice(1)]);

/** Draw the noise of a microbatch by key and index in the batch, so that it is the same however the batch is cut. It belongs to the current scope. */
export const drawNoise = ({ x0 }: Batch, key: NoiseKey, microbatch: Microbatch): Tensor =>
  noise({ ...key, samples: microbatch, shape: x0.shape.slice(1) });

/**
 * Check that everything in a batch fits its images.
 *
 * @param counts lengths of further lists that need one entry per image, by name.
 * @throws RangeError when something does not.
 */
export function requireBatch(
  name: string,
  { x0, labels, noise: given }: Batch,
  counts: Readonly<Record<string, number | undefined>>,
): void {
  if (x0.rank < 2) throw new RangeError(`${name}: x0 must be a batch of images [B,H,W,C], got shape [${x0.shape}]`);
  if (given && given.shape.join() !== x0.shape.join()) {
    throw new RangeError(`${name}: noise must have the shape of x0, [${x0.shape}], got [${given.shape}]`);
  }
  for (const [list, count] of Object.entries({ labels: labels?.length, ...counts })) {
    if (count !== undefined && count !== x0.shape[0])
      throw new RangeError(`${name}: ${list} needs one entry for each of ${x0.shape[0]} images, got ${count}`);
  }
}
