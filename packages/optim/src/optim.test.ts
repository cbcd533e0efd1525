import '@tensorflow/tfjs-backend-cpu';
import { dispose, memory, read, readScalar, tensor, useBackend } from '@tract/tensor';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  constantRate,
  cosineRate,
  emaRate,
  fusedUpdate,
  initOptimizer,
  linearRate,
  momentumFromHalfLife,
  momentumFromResidual,
  type OptimizerState,
  rampedEmaRate,
  withWarmup,
} from './index.js';

describe('emaRate', () => {
  test('is the bias-corrected moving average', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 0.9999, noNaN: true }),
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1 }),
        (mu, values) => {
          let average = 123; // gone after the first update
          let weighted = 0;
          let total = 0;
          values.forEach((value, i) => {
            average += (value - average) * emaRate(mu, i + 1);
            weighted = mu * weighted + (1 - mu) * value;
            total = mu * total + (1 - mu);
          });
          expect(average).toBeCloseTo(weighted / total, 9);
        },
      ),
    );
  });

  test('copies at first, falls, and ends at 1 − mu', () => {
    expect(emaRate(0.5, 1)).toBe(1);
    expect(emaRate(0.5, 2)).toBeCloseTo(2 / 3, 14);
    expect(emaRate(0.999, 1e6)).toBeCloseTo(0.001, 12);
    expect(emaRate(0, 7)).toBe(1);
    expect(emaRate(1, 4)).toBe(0.25);
  });

  test('keeps its digits for momenta close to 1', () => {
    expect(emaRate(1 - 1e-12, 4)).toBeCloseTo(0.25, 6);
  });

  test('refuses what is no momentum and no count', () => {
    expect(() => emaRate(1.1, 1)).toThrow(/momentum must be in \[0, 1\], got 1.1/);
    expect(() => emaRate(0.5, 0)).toThrow(RangeError);
  });
});

describe('rampedEmaRate', () => {
  test('is that of a half-life, which grows until it is what was asked for', () => {
    expect(rampedEmaRate(100, 0.05, 1)).toBe(1);
    expect(rampedEmaRate(100, 0.05, 21)).toBeCloseTo(0.5, 14); // a half-life of one update after 20
    expect(1 - rampedEmaRate(100, 0.05, 2001)).toBeCloseTo(momentumFromHalfLife(100), 14);
    expect(rampedEmaRate(100, 0.05, 1e6)).toBe(rampedEmaRate(100, 0.05, 2001));
  });

  test('refuses what is no span', () => {
    expect(() => rampedEmaRate(0, 0.05, 1)).toThrow(/halfLife and rampUp must be > 0/);
    expect(() => rampedEmaRate(1, 0.05, 0)).toThrow(RangeError);
  });
});

describe('momenta', () => {
  test('leave the residual they were made from', () => {
    expect(momentumFromResidual(1e-3, 500) ** 500).toBeCloseTo(1e-3, 12);
    // 96M = 96·2^20 images, batch 256, two phases: the figure quoted for CIFAR-10 is 0.99997.
    expect(momentumFromResidual(1e-3, (96 * 2 ** 20) / 256 / 2)).toBeCloseTo(0.999965, 6);
  });

  test('halve in a half-life', () => {
    expect(momentumFromHalfLife(20) ** 20).toBeCloseTo(0.5, 12);
  });

  test('refuse impossible spans', () => {
    expect(() => momentumFromResidual(0, 5)).toThrow(RangeError);
    expect(() => momentumFromResidual(0.1, 0)).toThrow(RangeError);
    expect(() => momentumFromHalfLife(0)).toThrow(RangeError);
  });
});

describe('learning rates', () => {
  test('constant, cosine and warm-up', () => {
    expect(constantRate(0.3)).toBe(1);
    expect([0, 0.5, 1].map(cosineRate())).toEqual([1, expect.closeTo(0.5), expect.closeTo(0)]);
    expect(cosineRate(0.1)(1)).toBeCloseTo(0.1);
    expect([0, 0.05, 0.1, 1].map(withWarmup(0.1))).toEqual([0, 0.5, 1, 1]);
    expect(withWarmup(0.1, cosineRate())(1)).toBeCloseTo(0);
    expect(withWarmup(0)(0)).toBe(1);
    expect(withWarmup(4)(1)).toBe(0.25); // over before it has risen
    expect([0, 0.25, 1].map(linearRate)).toEqual([1, 0.75, 0]);
  });

  test('refuse shares that leave no training', () => {
    expect(() => withWarmup(-0.1)).toThrow(RangeError);
    expect(() => cosineRate(2)).toThrow(RangeError);
  });
});

describe('fusedUpdate', () => {
  beforeAll(() => useBackend('cpu'));

  test('does what Adam and the averages say, number by number', async () => {
    const start = [0.5, -1];
    const gradients = [
      [3, 4],
      [0.1, -0.2],
      [-0.3, 0.6],
    ];
    const params = { w: tensor(start, [2]) };
    let state: OptimizerState<typeof params> = initOptimizer(params, { selfTeacher: true, ema: true });
    const reference = { p: [...start], m: [0, 0], v: [0, 0], s: [...start], e: [...start] };
    for (const [i, g] of gradients.entries()) {
      const grads = { w: tensor(g, [2]) };
      const rates = { selfTeacherRate: emaRate(0.5, i + 1), emaRate: emaRate(0.9, i + 1) };
      const { state: next, gradNorm } = fusedUpdate(state, grads, { learningRate: 0.1, clipNorm: 1, ...rates });
      state = next;
      expect(await readScalar(gradNorm)).toBeCloseTo(Math.hypot(...g), 5); // float32
      updateReference(reference, g, i + 1, rates);
      dispose([grads, gradNorm]);
    }
    expect(state.updates).toBe(3);
    // float32 against float64 after three updates
    expect([...(await read(state.params.w))]).toEqual(reference.p.map((x) => expect.closeTo(x, 5)));
    expect([...(await read(state.selfTeacher!.w))]).toEqual(reference.s.map((x) => expect.closeTo(x, 5)));
    expect([...(await read(state.ema!.w))]).toEqual(reference.e.map((x) => expect.closeTo(x, 5)));
    expect([...(await read(params.w))]).toEqual(start);
    dispose([params, state]);
  });

  test('leaves as many live tensors as it found', () => {
    const params = { w: tensor([1, 2], [2]), deep: [{ b: tensor([3], [1]) }] };
    let state: OptimizerState<typeof params> = initOptimizer(params, { ema: true });
    const before = memory();
    for (let i = 1; i <= 5; i++) {
      const updated = fusedUpdate(state, params, { learningRate: 0.1, emaRate: emaRate(0.9, i) });
      state = updated.state;
      dispose(updated.gradNorm);
    }
    expect(memory()).toEqual(before);
    dispose([params, state]);
  });

  test('wants a rate exactly for each average', () => {
    const params = { w: tensor([1], [1]) };
    const state = initOptimizer(params, { ema: true });
    expect(() => fusedUpdate(state, params, { learningRate: 0.1 })).toThrow(RangeError);
    dispose([params, state]);
  });
});

type Reference = Record<'p' | 'm' | 'v' | 's' | 'e', number[]>;

/** Clip at norm 1, Adam(0.9, 0.999, 1e-8) at rate 0.1, both averages; float64. */
function updateReference(r: Reference, g: readonly number[], step: number, rates: { selfTeacherRate: number; emaRate: number }) {
  const factor = Math.min(1, 1 / (Math.hypot(...g) + 1e-6));
  g.forEach((gradient, i) => {
    r.m[i] = 0.9 * r.m[i] + 0.1 * factor * gradient;
    r.v[i] = 0.999 * r.v[i] + 0.001 * (factor * gradient) ** 2;
    r.p[i] -= (0.1 * (r.m[i] / (1 - 0.9 ** step))) / (Math.sqrt(r.v[i] / (1 - 0.999 ** step)) + 1e-8);
    r.s[i] += (r.p[i] - r.s[i]) * rates.selfTeacherRate;
    r.e[i] += (r.p[i] - r.e[i]) * rates.emaRate;
  });
}
