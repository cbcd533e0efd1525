/** A value that needs memory of so many bytes from launch `first` to launch `last`. */
export type Stay = { readonly bytes: number; readonly first: number; readonly last: number };

/**
 * Give each value a buffer of its own for as long as it is needed: a shader may not read and write parts of one buffer. Greedy: the largest value chooses first.
 *
 * @returns for each value the number of its buffer, and the buffers' sizes in bytes, largest first.
 */
export function planSlots(values: readonly Stay[]): { readonly slotOf: readonly number[]; readonly sizes: readonly number[] } {
  const slots: Stay[][] = [];
  const slotOf = new Array<number>(values.length).fill(0);
  const bySize = values.map((value, i) => ({ value, i })).sort((a, b) => b.value.bytes - a.value.bytes);
  for (const { value, i } of bySize) {
    const free = slots.findIndex((others) => others.every(({ first, last }) => last < value.first || value.last < first));
    slotOf[i] = free < 0 ? slots.push([]) - 1 : free;
    slots[slotOf[i]].push(value);
  }
  return { slotOf, sizes: slots.map(([largest]) => largest.bytes) };
}
