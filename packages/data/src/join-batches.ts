import type { Labels } from './image-set.js';

export type JoinedBatches<B> = {
  readonly count: number;
  readonly labels: Uint16Array;
  /** The batch that holds image `index` of them all, and its number within that batch. */
  readonly find: (index: number) => { readonly batch: B; readonly within: number };
};

/** Batches of images, one after the other, as one set. */
export function joinBatches<B extends { readonly labels: Labels }>(batches: readonly B[]): JoinedBatches<B> {
  const count = batches.reduce((sum, { labels }) => sum + labels.length, 0);
  const labels = new Uint16Array(count);
  const starts: number[] = [];
  let start = 0;
  for (const batch of batches) {
    labels.set(batch.labels, start);
    starts.push(start);
    start += batch.labels.length;
  }
  const find = (index: number) => {
    const part = starts.findLastIndex((first) => first <= index);
    return { batch: batches[part], within: index - starts[part] };
  };
  return { count, labels, find };
}
