import type { ImageSet } from './image-set.js';

/** Which set images are from, as far as that can be told without reading them. */
export type SetFingerprint = {
  readonly images: number;
  /** Classes that its labels know; 0 for a set without any. */
  readonly classes: number;
  /** Digest of count, size and classes, and of names and sizes of files, where there are any. */
  readonly sha256: string;
};

/** Return the fingerprint of a set; one in memory has it in pages too. */
export async function fingerprintOf(set: ImageSet): Promise<SetFingerprint> {
  return { images: set.count, classes: classesOf(set), sha256: set.fingerprint?.() ?? (await digestOf(set)) };
}

async function digestOf({ count, height, width, channels, labels }: ImageSet): Promise<string> {
  const size = new TextEncoder().encode(JSON.stringify([1, { count, height, width, channels }]));
  const content = new Uint8Array(size.length + 2 * labels.length);
  content.set(size);
  content.set(new Uint8Array(Uint16Array.from(labels).buffer), size.length);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', content));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Count the classes of a set: the names, or else the numbers up to the highest. */
export function classesOf({ labels, classNames }: Pick<ImageSet, 'labels' | 'classNames'>): number {
  if (labels.length === 0) return 0;
  let highest = 0;
  for (const label of labels) highest = Math.max(highest, label);
  return classNames?.length ?? highest + 1;
}
