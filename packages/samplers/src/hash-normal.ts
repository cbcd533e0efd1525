/** A standard normal number that is a function of its three whole-number keys: two hashed uniforms through Box–Muller. */
export function hashNormal(seed: number, index: number, element: number): number {
  const key = mix(mix(mix(seed) ^ index) ^ element);
  const radius = Math.sqrt(-2 * Math.log(toUnit(mix(key ^ 1))));
  return radius * Math.cos(2 * Math.PI * toUnit(mix(key ^ 2)));
}

/**
 * The key of a seed: itself below 2^32, with its upper half hashed in beyond, so that no two of the first 2^32 share their draws with one further up by a rule.
 *
 * @throws RangeError when the seed is not a whole number that float64 holds exactly.
 */
export function seedKey(name: string, seed: number): number {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`${name}: the seed must be a whole number, got ${seed}`);
  const high = Math.floor(seed / 2 ** 32);
  return high === 0 ? seed : (seed ^ mix(high)) >>> 0;
}

/** A bijection of 32-bit integers in which each input bit flips about half of the output's. Source: MurmurHash3's finalizer. */
function mix(bits: number): number {
  let h = (bits + 0x9e3779b9) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** To the open interval (0, 1), so that its logarithm is finite. */
const toUnit = (bits: number) => (bits + 0.5) / 2 ** 32;
