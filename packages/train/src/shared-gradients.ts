import { type Collective, type PartialSum, type SumMode, shareOf, withLeaf } from '@tract/distributed';
import {
  add,
  backendName,
  dispose,
  leaves,
  read,
  scalar,
  storeFloats,
  type Tensor,
  type Tree,
  tensorTree,
  type ValueAndGrads,
  zipTree,
} from '@tract/tensor';
import type { TrainSession } from './train-task.js';

/** How the ranks of a run sum their gradients. */
export type GradientSums = {
  readonly collective: Collective;
  /** Default: fast. */
  readonly reduce?: SumMode;
  /** With `ordered`: parts of a batch whose gradients are summed in one order, whoever computes them. Default: 8, 4 or 2, the most that divides the batch. */
  readonly shards?: number;
  /** Bytes of gradients that are summed at a time, at least. Default: 25 MiB. */
  readonly bucketBytes?: number;
};

/** Parts of a batch in an ordered sum. */
export const shardsOf = (batch: number, { shards }: Pick<GradientSums, 'shards'>): number =>
  shards ?? [8, 4, 2].find((count) => batch % count === 0) ?? 1;

/**
 * Compute loss and gradients of update `step`, on each rank those of its share of the batch, and sum them over the ranks: on the native backend while the reverse pass goes on.
 * The caller owns the result, which is the same on all ranks.
 * @param images number of images in the batch.
 */
export async function sharedGradients<B, P extends Tree<Tensor>>(
  session: Pick<TrainSession<B, P>, 'gradients'>,
  step: number,
  batch: B,
  images: number,
  sums: GradientSums,
): Promise<ValueAndGrads<P>> {
  const { collective, reduce: mode = 'fast', bucketBytes } = sums;
  const { rank, size } = collective;
  const shards = mode === 'ordered' ? shardsOf(images, sums) : size;
  const { first, count } = shareOf(shards, rank, size);
  const sumUp = <T>(partial: readonly PartialSum<T>[], leaf: number, value: T, plus: (left: T, right: T) => T) =>
    withLeaf(partial, { first: leaf, end: leaf + 1, value }, shards, plus);
  const overRanks = async (x: Float32Array, parts: readonly PartialSum<Float32Array>[], as: SumMode = mode): Promise<void> => {
    if (parts.length === 1 && parts[0].value !== x) x.set(parts[0].value);
    if (size > 1) await collective.allReduceSum(x, { mode: as, shards, parts: parts.map(({ value }) => value) });
  };

  const last = first + count - 1;
  let leaf = first;
  let before: readonly PartialSum<ValueAndGrads<P>>[] = [];
  const underWay: Promise<void>[] = [];
  const { value, grads } = session.gradients(step, batch, {
    parts: Array.from({ length: count }, (_, i) => shareOf(images, first + i, shards)),
    bucketBytes,
    onPart: (gradients) => {
      before = sumUp(before, leaf++, gradients, addGradients);
    },
    onGradients: ({ offset, length }, announced) => {
      const all = floatsInPlace(announced);
      if (all === undefined) return;
      const range = (floats: Float32Array): Float32Array => floats.subarray(offset, offset + length);
      const others = before.map((sum) => ({ ...sum, value: range(floatsInPlace(sum.value.grads)!) }));
      underWay.push(overRanks(range(all), sumUp(others, last, range(all), addFloats)));
    },
  });

  const loss = new Float32Array(1);
  if (underWay.length > 0) {
    const losses = sumUp(
      before.map((sum) => ({ ...sum, value: sum.value.value })),
      last,
      value,
      addLosses,
    );
    underWay.push(overRanks(loss, await readAll(losses, (tensor) => read(tensor)), mode === 'bf16' ? 'fast' : mode));
    await Promise.all(underWay);
    dispose([before.map((sum) => sum.value.grads), losses.map((sum) => sum.value)]);
    return { value: scalar(loss[0]), grads };
  }
  const nodes = sumUp(before, last, { value, grads }, addGradients);
  const flats = await readAll(nodes, (node) => flatten(node.grads));
  const x = flats[0].value.slice();
  await overRanks(x, flats);
  await overRanks(loss, await readAll(nodes, (node) => read(node.value)), mode === 'bf16' ? 'fast' : mode);
  const summed = unflatten(nodes[0].value.grads, x);
  dispose(nodes.map((sum) => sum.value));
  return { value: scalar(loss[0]), grads: summed };
}

/** The buffer of gradients itself, where it may be summed in place while other work goes on. */
const floatsInPlace = (grads: unknown): Float32Array | undefined => (backendName() === 'native' ? storeFloats(grads) : undefined);

const readAll = <T>(sums: readonly PartialSum<T>[], reading: (value: T) => Promise<Float32Array>): Promise<PartialSum<Float32Array>[]> =>
  Promise.all(sums.map(async (sum) => ({ ...sum, value: await reading(sum.value) })));

function addFloats(left: Float32Array, right: Float32Array): Float32Array {
  for (let i = 0; i < left.length; i++) left[i] += right[i];
  return left;
}

/** Add two losses. CONSUMES both. */
function addLosses(left: Tensor, right: Tensor): Tensor {
  const sum = add(left, right);
  dispose([left, right]);
  return sum;
}

/** Add losses and gradients. CONSUMES both. */
function addGradients<P extends Tree<Tensor>>(left: ValueAndGrads<P>, right: ValueAndGrads<P>): ValueAndGrads<P> {
  const value = addLosses(left.value, right.value);
  const [here, there] = [left.grads, right.grads].map(floatsInPlace);
  if (here !== undefined && there !== undefined) {
    addFloats(here, there);
    dispose(right.grads);
    return { value, grads: left.grads };
  }
  const grads = zipTree(left.grads, right.grads, (a, b) => add(a, b)) as P;
  dispose([left.grads, right.grads]);
  return { value, grads };
}

/** Read a tree's leaves one after the other. */
async function flatten(tree: Tree<Tensor>): Promise<Float32Array> {
  const values = await Promise.all(leaves<Tensor>(tree).map(([, leaf]) => read(leaf)));
  const flat = new Float32Array(values.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const leaf of values) {
    flat.set(leaf, at);
    at += leaf.length;
  }
  return flat;
}

function unflatten<P extends Tree<Tensor>>(like: P, flat: Float32Array): P {
  let at = 0;
  return tensorTree(like as Tree<Tensor>, (_, { size }) => {
    at += size;
    return flat.subarray(at - size, at);
  }) as P;
}
