/**
 * Largest difference of two lists of numbers, in units of the largest magnitude expected (or 1e-30, so that zeros compare).
 * NaN anywhere gives NaN, which is close to nothing; lists of unequal length give Infinity.
 */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let magnitude = 1e-30;
  for (let i = 0; i < expected.length; i++) {
    if (actual[i] === expected[i]) {
      if (Number.isFinite(expected[i])) magnitude = Math.max(magnitude, Math.abs(expected[i]));
      continue;
    }
    difference = Math.max(difference, Math.abs(actual[i] - expected[i]));
    magnitude = Math.max(magnitude, Math.abs(expected[i]));
  }
  return difference / magnitude;
}
