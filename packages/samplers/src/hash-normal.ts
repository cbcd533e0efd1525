/** A standard normal number that is a function of its three whole-number keys: two hashed uniforms through Box–Muller. */
export function hashNormal(seed: number, index: number, element: number): number {
  const key = mix(mix(mix(seed) ^ index) ^ element);
  const radius = Math.sqrt(-2 * Math.log(toUnit(mix(key ^ 1))));
  return radius * Math.cos(2 * Math.PI * toUnit(mix(key ^ 2)));
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
