import { expect, test } from 'vitest';
import { adamSlack } from './weights-after.js';

const learningRate = 1e-3;
/** Slack of an entry that the file moved by `taken` learning rates and whose gradient is `gradient` here; the steepest of its tensor is 1e-2. */
const slackOf = (taken: number, gradient: number) =>
  adamSlack(Float32Array.of(0, 0), Float32Array.of(taken * learningRate, learningRate), Float32Array.of(gradient, 1e-2), {
    learningRate,
    gradientTolerance: 1e-4,
  })[0];

test('where both sides have no gradient to speak of, a weight may be anywhere within a step', () => {
  expect(slackOf(0, 0)).toBeGreaterThan(0.9 * learningRate);
  expect(slackOf(0.5, -1e-9)).toBeLessThan(2 * learningRate);
});

test('where either side has one, there is no slack to speak of', () => {
  expect(slackOf(1, 0)).toBe(0);
  expect(slackOf(-1, 1e-3)).toBe(0);
  expect(slackOf(0, 1e-3)).toBeLessThan(1e-4 * learningRate);
});
