import { createHash } from 'node:crypto';
import type { ImageSet } from './image-set.js';

/** Which set images are from, as far as that can be told without reading them. */
export type SetFingerprint = {
  readonly images: number;
  /** Classes that its labels know; 0 for a set without any. */
  readonly classes: number;
  /** Digest of count, size and classes, and of names and sizes of files, where there are any. */
  readonly sha256: string;
};

/** Return the fingerprint of a set. */
export function fingerprintOf(set: ImageSet): SetFingerprint {
  const { count, height, width, channels, labels } = set;
  const sha256 = (): string => {
    const hash = createHash('sha256').update(JSON.stringify([1, { count, height, width, channels }]));
    return hash.update(Uint16Array.from(labels)).digest('hex');
  };
  return { images: count, classes: classesOf(set), sha256: set.fingerprint?.() ?? sha256() };
}

/** Count the classes of a set: the names, or else the numbers up to the highest. */
export function classesOf({ labels, classNames }: Pick<ImageSet, 'labels' | 'classNames'>): number {
  if (labels.length === 0) return 0;
  let highest = 0;
  for (const label of labels) highest = Math.max(highest, label);
  return classNames?.length ?? highest + 1;
}
