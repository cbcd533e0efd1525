import { ddimWeights } from '@tract/schedules';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jumpOf } from './grid-jumps.js';
import { cosineNoiseGrid, edmNoiseGrid } from './noise-grid.js';
import { phasesOf } from './phases.js';
import { mixturePlan } from './two-predictions.js';

const grid = cosineNoiseGrid(64);
const phases = phasesOf([64, 8, 1]);
const jump = fc.constantFrom(...phases).chain((phase) =>
  fc
    .record({
      interval: fc.integer({ min: 1, max: phase.studentSteps }),
      offset: fc.integer({ min: 0, max: phase.teacherSteps / phase.studentSteps - 1 }),
    })
    .map((start) => jumpOf(grid, phase, start)),
);

describe('a mixture of two predictions', () => {
  test('lands, by one step, where the two steps landed', () => {
    fc.assert(
      fc.property(jump, fc.double({ min: -3, max: 3, noNaN: true }), (drawn, xa) => {
        const plan = mixturePlan({}, grid, [drawn]);
        const [first, second] = [0.7, -0.4];
        const { a, b, c } = drawn;
        const step = (x: number, x0: number, from: typeof a, to: typeof a) => {
          if (from === to) return x;
          const { keepXt, addX0 } = ddimWeights(from, to);
          return keepXt * x + addX0 * x0;
        };
        const target = plan.firstWeight[0] * first + plan.secondWeight[0] * second;
        expect(step(xa, target, a, c)).toBeCloseTo(step(step(xa, first, a, b), second, b, c), 9);
        expect(plan.keepXt[0] * xa + plan.addX0[0] * first).toBeCloseTo(step(xa, first, a, b), 12);
        expect(plan.firstWeight[0]).toBeGreaterThanOrEqual(0);
        expect(plan.firstWeight[0]).toBeLessThanOrEqual(1);
      }),
    );
  });

  test.each([
    ["EDM's", edmNoiseGrid(8)],
    ['VP', cosineNoiseGrid(8)],
  ])("of the teacher's predictions at a and b makes the step Heun's, on %s levels", (_, { levels }) => {
    for (let index = 2; index <= 8; index++) {
      const [a, b] = [levels[index], levels[index - 1]];
      const { heunWeight, keepXt, addX0 } = mixturePlan({}, { timesteps: 8, levels }, [{ a, b, c: levels[0] }]);
      const [xa, x0AtA, x0AtB] = [1.3, 0.7, -0.4];
      // In x / alpha and s = sigma / alpha the slope is d = (x/alpha − x0) / s; Heun's step is along the mean of both slopes.
      const [sa, sb] = [a.sigma / a.alpha, b.sigma / b.alpha];
      const slopeA = (xa / a.alpha - x0AtA) / sa;
      const euler = xa / a.alpha + (sb - sa) * slopeA;
      const slopeB = (euler - x0AtB) / sb;
      const expected = b.alpha * (xa / a.alpha + ((sb - sa) * (slopeA + slopeB)) / 2);
      const mixed = (1 - heunWeight[0]) * x0AtA + heunWeight[0] * x0AtB;
      expect(keepXt[0] * xa + addX0[0] * mixed).toBeCloseTo(expected, 9);
    }
  });

  test('asks at level a, with no weight of Heun, where b has no noise', () => {
    const { levels } = edmNoiseGrid(8);
    const plan = mixturePlan({}, { timesteps: 8, levels }, [{ a: levels[1], b: levels[0], c: levels[0] }]);
    expect(plan).toMatchObject({ secondLevels: [levels[1]], heunWeight: [0], firstWeight: [1], secondWeight: [0] });
  });
});
