import { randomUniforms } from '@tract/tensor';

/**
 * `size` different whole numbers below `count`, every such set equally likely: the start of a shuffle. A function of (seed, step) alone.
 * Needs 0 ≤ size ≤ count.
 */
export function randomSubset(count: number, size: number, { seed, step }: { readonly seed: number; readonly step: number }): Uint32Array {
  const places = Uint32Array.from({ length: count }, (_, i) => i);
  const draws = randomUniforms({ seed, step }, size);
  for (let i = 0; i < size; i++) {
    const j = i + Math.floor(draws[i] * (count - i));
    [places[i], places[j]] = [places[j], places[i]];
  }
  return places.subarray(0, size);
}
