/** Moments [born, dies) at which so many floats of memory are needed. */
export type Lifetime = { readonly floats: number; readonly born: number; readonly dies: number };

/** Alignment of every offset, in floats: 64 bytes. */
const alignment = 16;

export const aligned = (floats: number): number => Math.ceil(floats / alignment) * alignment;

/**
 * Place all values into one arena so that no two that are alive at the same moment overlap. Greedy: the largest value chooses first, each takes the
 * lowest gap that fits.
 *
 * @returns offsets in the order of `values`, multiples of 16, and the arena's size; all in floats.
 */
export function planArena(values: readonly Lifetime[]): { readonly offsets: readonly number[]; readonly floats: number } {
  const placed: { readonly value: Lifetime; readonly offset: number; readonly end: number }[] = []; // by offset
  const offsets = new Array<number>(values.length).fill(0);
  let floats = 0;
  const bySize = values.map((value, i) => ({ value, i })).sort((a, b) => b.value.floats - a.value.floats);
  for (const { value, i } of bySize) {
    const size = aligned(value.floats);
    let offset = 0;
    for (const other of placed) {
      if (!overlap(value, other.value)) continue;
      if (other.offset - offset >= size) break;
      offset = Math.max(offset, other.end);
    }
    const end = offset + size;
    const before = placed.findIndex((other) => other.offset > offset);
    placed.splice(before < 0 ? placed.length : before, 0, { value, offset, end });
    offsets[i] = offset;
    floats = Math.max(floats, end);
  }
  return { offsets, floats };
}

/** Return true if the lifetimes [born, dies) overlap. */
const overlap = (a: Lifetime, b: Lifetime): boolean => a.born < b.dies && b.born < a.dies;
