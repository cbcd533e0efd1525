import type { Lifetime } from './room-plan.js';

/** Memory of a kernel: with a slot, what is given or handed out at each run; without one, a stretch of the room between the kernels. */
export type Place = Lifetime & { readonly array: Float32Array; slot?: number };

export type Launch = {
  readonly kernel: number;
  /** Of the buffers, where the kernel got one. */
  readonly places: readonly (Place | undefined)[];
  readonly numbers: readonly number[];
};

export type KernelList = {
  /** As the addon's `replay` reads it. */
  readonly list: Float64Array;
  /** Where in it the key of the content of which slot belongs. */
  readonly keys: readonly (readonly [at: number, slot: number])[];
};

// What the addon takes for a slot's number: somewhere in the room, or no buffer at all.
const [inRoom, none] = [-1, -2];

/**
 * Kernels one after the other: each its index, its counts of buffers and of numbers; for each buffer slot, offset and length in floats; the numbers.
 *
 * @param offsets of the places without a slot
 * @param keyed slots by the keys of their content, for which each run has its own
 */
export function encodeKernels(
  launches: readonly Launch[],
  offsets: ReadonlyMap<Place, number>,
  keyed: ReadonlyMap<number, number>,
): KernelList {
  const list: number[] = [];
  const keys: [number, number][] = [];
  for (const { kernel, places, numbers } of launches) {
    list.push(kernel, places.length, numbers.length);
    for (const place of places) {
      if (place === undefined) list.push(none, 0, 0);
      else list.push(place.slot ?? inRoom, offsets.get(place) ?? 0, place.floats);
    }
    for (const number of numbers) {
      const slot = keyed.get(number);
      if (slot !== undefined) keys.push([list.length, slot]);
      list.push(number);
    }
  }
  return { list: Float64Array.from(list), keys };
}
