import { type NoiseKey, noise, type Tensor } from '@tract/tensor';

/** What teacher training and distillation both take: images, and what a caller may give instead of having it drawn. */
export type Batch = {
  /** Clean images [B,H,W,C] in [-1, 1]; stay the caller's. */
  readonly x0: Tensor;
  /** One class per image, for a class-conditional network. */
  readonly labels?: readonly number[];
  /** Standard normal noise in the shape of x0; stays the caller's. Drawn when left out. */
  readonly noise?: Tensor;
};

/** The noise of a batch: the caller's, else drawn by key and place in the batch (then it is fresh and belongs to the current scope). */
export const noiseOf = ({ x0, noise: given }: Batch, key: NoiseKey): Tensor =>
  given ?? noise({ ...key, samples: { first: 0, count: x0.shape[0] }, shape: x0.shape.slice(1) });

/**
 * @param counts lengths of further lists that need one entry per image, by name.
 * @throws RangeError when a part of the batch does not fit the images.
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
