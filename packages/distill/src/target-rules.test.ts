import { edmSigmas } from '@tract/schedules';
import { jumpWeightOf } from '@tract/schedules/training';
import { describe, expect, test } from 'vitest';
import { easyConsistencyTuning, edmNoiseGrid, improvedConsistencyTraining, methods, phasesOf, ruleOf, targetRules } from './index.js';

test.each(methods)('%s: its loss weight has the name that the registry says', (method) => {
  const { rule, lossWeight } = targetRules[method];
  const [a, b, c] = [2, 0.7, 0].map((sigma) => ({ alpha: 1, sigma }));
  expect(rule({}).lossWeight(a, b, c)).toBe(jumpWeightOf(lossWeight, 0.5)(a, b, c));
});

test('a teacher steps as its method lets it', () => {
  expect(ruleOf({ method: 'consistency' }, { kind: 'edm' }).calls).toBe(3); // Heun's two calls and the second prediction
  expect(ruleOf({ method: 'consistency' }, { kind: 'cosine' }).calls).toBe(2);
  expect(ruleOf({ method: 'consistency-training' }, { kind: 'edm' }).calls).toBe(1);
  expect(() => ruleOf({ method: 'consistency-training', teacherStep: 'ddim' }, { kind: 'edm' })).toThrow(
    /does not let its teacher step by ddim/,
  );
  expect(() => ruleOf({ method: 'tract-edm' }, { kind: 'cosine' })).toThrow(/needs a teacher on EDM's noise levels/);
});

const [phase] = phasesOf([80, 1]);
const context = { phase, grid: edmNoiseGrid(80), gridOf: edmNoiseGrid, count: 4000, seed: 1, step: 0 };

describe('improved consistency training', () => {
  test('doubles its steps from 10 to those of the phase over equal parts of it (Eq. 4)', () => {
    const gridSteps: number[] = [];
    const gridOf = (timesteps: number) => {
      gridSteps.push(timesteps - 1);
      return edmNoiseGrid(timesteps);
    };
    for (const progress of [0, 0.24, 0.25, 0.49, 0.5, 0.75, 0.99])
      improvedConsistencyTraining().draw({ ...context, gridOf, count: 1, progress });
    expect(gridSteps).toEqual([10, 10, 20, 20, 40, 80, 80]);
  });

  test('draws neighbours of the grid from sigmaMin up, the lowest and highest least (Eq. 5)', () => {
    const jumps = improvedConsistencyTraining().draw({ ...context, progress: 0 });
    const sigmas = edmSigmas(11).slice(0, -1).reverse();
    const counts = Array<number>(10).fill(0);
    for (const { a, b, c } of jumps) {
      const index = sigmas.indexOf(b.sigma);
      expect([a.sigma, c.sigma]).toEqual([sigmas[index + 1], 0]);
      counts[index]++;
    }
    // Probabilities by numerical integration of the normal density of ln sigma, N(-1.1, 2²), between neighbours.
    const density = (x: number) => Math.exp(-(((x + 1.1) / 2) ** 2) / 2);
    const masses = sigmas.slice(1).map((high, i) => {
      const [from, to] = [Math.log(sigmas[i]), Math.log(high)];
      return Array.from({ length: 1000 }, (_, k) => density(from + ((k + 0.5) / 1000) * (to - from))).reduce((x, y) => x + y) * (to - from);
    });
    const total = masses.reduce((x, y) => x + y);
    counts.forEach((count, i) => {
      const expected = (4000 * masses[i]) / total;
      expect(Math.abs(count - expected)).toBeLessThan(4.5 * Math.sqrt(expected) + 1); // standard errors
    });
  });
});

describe('easy consistency tuning', () => {
  test('steps by a fraction n(s) / 2^stage of s, and to the image where that is all of it (Section 3)', () => {
    const n = (s: number) => 1 + 8 / (1 + Math.exp(s));
    const at = (progress: number) => easyConsistencyTuning().draw({ ...context, progress });
    for (const [progress, factor] of [
      [0, 2],
      [0.3, 8],
      [0.99, 256],
    ] as const) {
      for (const { a, b, c } of at(progress)) {
        expect(b.sigma).toBeCloseTo(Math.max(0, a.sigma - (a.sigma * n(a.sigma)) / factor), 9);
        expect([a.alpha, b.alpha, c.sigma]).toEqual([1, 1, 0]);
      }
    }
    const logs = at(0).map(({ a }) => Math.log(a.sigma));
    const mean = logs.reduce((x, y) => x + y) / logs.length;
    expect(Math.abs(mean + 1.1)).toBeLessThan(0.14); // four and a half standard errors of 2 / √4000
    expect(Math.abs(Math.sqrt(logs.reduce((sum, x) => sum + (x - mean) ** 2, 0) / logs.length) - 2)).toBeLessThan(0.1);
  });

  test.each([improvedConsistencyTraining(), easyConsistencyTuning()])('and $name refuse what they cannot do', (rule) => {
    expect(() => rule.draw({ ...context, progress: 0, highNoiseFraction: 0.5 })).toThrow(
      /draws noise levels of its own; leave highNoiseFraction out/,
    );
    expect(() => rule.draw({ ...context, progress: 0, phase: phasesOf([8, 2])[0] })).toThrow(/the student must have 1 step, got 2/);
  });
});
