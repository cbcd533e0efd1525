import { expect } from 'vitest';

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

/**
 * Asserts that two lists of numbers are close: `relativeError` at most `tolerance`. Say in `cause` where the error comes from ('float32
 * sum of 2048 terms'); it is part of the message.
 */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, cause: string): void {
  const error = relativeError(actual, expected);
  if (!(error <= tolerance)) {
    expect.fail(
      `relative error ${error.toExponential(2)} exceeds ${tolerance.toExponential(1)} (${cause}): ${firstMiss(actual, expected)}`,
    );
  }
}

function firstMiss(actual: ArrayLike<number>, expected: ArrayLike<number>): string {
  if (actual.length !== expected.length) return `${actual.length} values where ${expected.length} were expected`;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    if (Number.isNaN(actual[i]) && !Number.isNaN(expected[i])) return `element ${i} of ${expected.length} is NaN, expected ${expected[i]}`;
    if (Math.abs(actual[i] - expected[i]) > Math.abs(actual[worst] - expected[worst])) worst = i;
  }
  return `element ${worst} of ${expected.length} is ${actual[worst]}, expected ${expected[worst]}`;
}
