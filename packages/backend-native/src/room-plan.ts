/** Memory that is needed from one moment to another; to the end of all where `dies` is missing. */
export type Lifetime = { readonly floats: number; readonly born: number; dies?: number };

// 64 bytes, as all memory of the backend.
const alignment = 16;

/**
 * Offsets in floats at which all of them fit into one stretch of memory, so that none overlaps another that is needed at the same time. Large ones choose
 * first, each the lowest gap that serves.
 */
export function planRoom<T extends Lifetime>(all: readonly T[]): { readonly offsets: ReadonlyMap<T, number>; readonly total: number } {
  const placed: { readonly item: T; readonly offset: number; readonly end: number }[] = []; // by offset
  const offsets = new Map<T, number>();
  let total = 0;
  for (const item of [...all].sort((a, b) => b.floats - a.floats)) {
    const size = Math.ceil(item.floats / alignment) * alignment;
    let offset = 0;
    for (const other of placed) {
      if (!together(item, other.item)) continue;
      if (other.offset - offset >= size) break;
      offset = Math.max(offset, other.end);
    }
    const end = offset + size;
    const before = placed.findIndex((other) => other.offset > offset);
    placed.splice(before < 0 ? placed.length : before, 0, { item, offset, end });
    offsets.set(item, offset);
    total = Math.max(total, end);
  }
  return { offsets, total };
}

const diesAt = ({ dies }: Lifetime): number => dies ?? Number.POSITIVE_INFINITY;

/** Whether the two are needed at the same time; who dies at a moment leaves before it for who is born there. */
const together = (a: Lifetime, b: Lifetime): boolean => a.born < diesAt(b) && b.born < diesAt(a);
