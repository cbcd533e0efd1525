import type { Layout } from './layout.js';

/** A range of the buffer that gradients lie in, in floats. */
export type GradientRange = { readonly offset: number; readonly length: number };

type Bucket = { readonly offset: number; length: number; readonly pending: Set<number> };

/** Neighbouring leaves of about so many bytes together, announced once the gradients of all of them are final. */
export class GradientBuckets {
  private readonly ofLeaf: Bucket[] = [];

  constructor(
    { offsets, floats }: Layout,
    bytes: number,
    private readonly announce: (range: GradientRange) => void,
  ) {
    for (const [leaf, offset] of offsets.entries()) {
      const last = this.ofLeaf.at(-1);
      const isNew = last === undefined || 4 * (offset - last.offset) >= bytes;
      if (isNew && last !== undefined) last.length = offset - last.offset;
      const bucket = isNew ? { offset, length: floats - offset, pending: new Set<number>() } : last;
      bucket.pending.add(leaf);
      this.ofLeaf.push(bucket);
    }
  }

  /** Return true if a leaf is the last of its bucket that is not final. */
  isLast(leaf: number): boolean {
    const { pending } = this.ofLeaf[leaf];
    return pending.size === 1 && pending.has(leaf);
  }

  /** Take note that a leaf's gradient is final. */
  complete(leaf: number): void {
    const { pending, offset, length } = this.ofLeaf[leaf];
    if (pending.delete(leaf) && pending.size === 0) this.announce({ offset, length });
  }
}
