import { expect } from 'vitest';
import { relativeError } from './relative-error.js';

/**
 * Assert that two lists of numbers are close: `relativeError` at most `tolerance`. Say in `cause` where the error comes from ('float32
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
