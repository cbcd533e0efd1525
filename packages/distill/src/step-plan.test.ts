import { ddimWeights, truncatedSNRWeight } from '@tract/schedules';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { btd } from './btd.js';
import { phasesOf } from './phases.js';
import { vpProcess } from './process.js';
import { drawJumps, planStep } from './step-plan.js';
import { jumpOf } from './target-rule.js';
import { tract } from './tract.js';

const process = vpProcess(64);
const phases = phasesOf([64, 8, 1]);
const draw = fc.constantFrom(...phases).chain((phase) =>
  fc.record({
    phase: fc.constant(phase),
    group: fc.integer({ min: 1, max: phase.studentSteps }),
    semi: fc.integer({ min: 0, max: tract.positions(phase) - 1 }),
  }),
);

describe('planStep', () => {
  test('sends the student from anywhere in a group to its end, the teacher one step', () => {
    const { jumps } = planStep(process, tract, phases[0], [
      { group: 1, semi: 0 },
      { group: 8, semi: 7 },
      { group: 3, semi: 2 },
    ]);
    expect(jumps).toEqual([
      { a: 8, b: 7, c: 0 },
      { a: 57, b: 56, c: 56 },
      { a: 22, b: 21, c: 16 },
    ]);
    expect(planStep(process, tract, phases[1], [{ group: 1, semi: 1 }]).jumps).toEqual([{ a: 56, b: 48, c: 0 }]);
  });

  test('weighs so that one step with the averaged target lands where the two steps landed', () => {
    fc.assert(
      fc.property(draw, fc.double({ min: -3, max: 3, noNaN: true }), ({ phase, group, semi }, xa) => {
        const plan = planStep(process, tract, phase, [{ group, semi }]);
        const [first, second] = [0.7, -0.4];
        const { a, b, c } = plan.jumps[0];
        const step = (x: number, x0: number, from: number, to: number) => {
          if (from === to) return x;
          const { keepXt, addX0 } = ddimWeights(process.levels[from], process.levels[to]);
          return keepXt * x + addX0 * x0;
        };
        const target = plan.teacherShare[0] * first + plan.secondShare[0] * second;
        expect(step(xa, target, a, c)).toBeCloseTo(step(step(xa, first, a, b), second, b, c), 9);
        expect(plan.teacherShare[0]).toBeGreaterThanOrEqual(0);
        expect(plan.teacherShare[0]).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('weighs the loss by the level that the student sees', () => {
    const draws = [
      { group: 1, semi: 0 },
      { group: 8, semi: 0 },
    ];
    const { lossWeights } = planStep(process, tract, phases[0], draws);
    expect(lossWeights).toEqual([truncatedSNRWeight(process.levels[8]), 1]);
  });

  test('for two steps a group is the plan of binary distillation, but for the last group', () => {
    const [phase] = phasesOf([64, 32]);
    const draws = Array.from({ length: 32 }, (_, i) => ({ group: i + 1, semi: 0 }));
    const [ours, binary] = [tract, btd].map((rule) => planStep(process, rule, phase, draws));
    expect({ ...ours, teacherShare: ours.teacherShare.slice(1), secondShare: ours.secondShare.slice(1) }).toEqual({
      ...binary,
      teacherShare: binary.teacherShare.slice(1),
      secondShare: binary.secondShare.slice(1),
    });
    expect(binary.teacherShare[0]).toBe(0);
    expect(ours.teacherShare[0]).toBeLessThan(1e-3);
  });

  test('refuses draws outside the phase', () => {
    expect(() => planStep(process, tract, phases[0], [{ group: 0, semi: 0 }])).toThrow(/group in 1..8 and semi in 0..7, got group 0/);
    expect(() => planStep(process, tract, phases[0], [{ group: 1, semi: 8 }])).toThrow(RangeError);
  });
});

describe('drawJumps', () => {
  test('reaches every group and position about equally often', () => {
    const counts = new Map<string, number>();
    for (let step = 0; step < 400; step++) {
      for (const { group, semi } of drawJumps(tract, phases[0], { seed: 1, step }, 16)) {
        const place = `${group} ${semi}`;
        counts.set(place, (counts.get(place) ?? 0) + 1);
      }
    }
    expect(counts.size).toBe(64);
    // 6400 draws over 64 places: 100 each, standard deviation 10.
    for (const count of counts.values()) expect(Math.abs(count - 100)).toBeLessThan(45);
  });

  test('gives the noisier half of all places the share that it is told', () => {
    const [phase] = phasesOf([63, 9]); // 63 places, of which 32 are the noisier half
    const counts = Array<number>(64).fill(0);
    for (let step = 0; step < 400; step++) {
      for (const draw of drawJumps(tract, phase, { seed: 1, step }, 16, 0.8)) counts[jumpOf(phase, draw).a]++;
    }
    // 6400 draws: 160 at each noisier place, 41.3 at each other, standard deviations 12.5 and 6.4.
    for (const [a, count] of counts.entries()) {
      if (a > 31) expect(Math.abs(count - 160)).toBeLessThan(55);
      else if (a > 0) expect(Math.abs(count - 41.3)).toBeLessThan(28);
    }
    expect(counts[0]).toBe(0);
    const [whole] = phasesOf([2, 1]);
    expect(new Set(drawJumps(tract, whole, { seed: 1, step: 0 }, 50, 0.5).map(({ semi }) => semi))).toEqual(new Set([0, 1]));
    expect(drawJumps(btd, whole, { seed: 1, step: 0 }, 3, 0.5)).toEqual(Array(3).fill({ group: 1, semi: 0 }));
  });

  test('is a function of seed, step and place in the batch', () => {
    const draws = drawJumps(tract, phases[0], { seed: 1, step: 5 }, 8);
    expect(drawJumps(tract, phases[0], { seed: 1, step: 5 }, 4)).toEqual(draws.slice(0, 4));
    expect(drawJumps(tract, phases[0], { seed: 1, step: 6 }, 8)).not.toEqual(draws);
    expect(drawJumps(tract, phases[0], { seed: 2, step: 5 }, 8)).not.toEqual(draws);
  });

  test('draws only group starts for binary distillation', () => {
    const [phase] = phasesOf([64, 32]);
    expect(drawJumps(btd, phase, { seed: 1, step: 0 }, 50).every(({ semi }) => semi === 0)).toBe(true);
  });
});
