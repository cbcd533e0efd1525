import '@tensorflow/tfjs-backend-cpu';
import { dispose, memory, read, readScalar, tensor, useBackend } from '@tract/tensor';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  adam,
  constantRate,
  cosineRate,
  emaRate,
  linearRate,
  momentumFromHalfLife,
  momentumFromResidual,
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

describe('adam', () => {
  beforeAll(() => useBackend('cpu'));

  test.each([0, 0.2])('does what Adam, with weight decay %f, and the averages say, number by number', async (weightDecay) => {
    const start = [0.5, -1];
    const gradients = [
      [3, 4],
      [0.1, -0.2],
      [-0.3, 0.6],
    ];
    const params = { w: tensor(start, [2]) };
    const optimizer = adam({ beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weightDecay, clipNorm: 1 });
    let state = optimizer.init(params, 2);
    const reference = { p: [...start], m: [0, 0], v: [0, 0], averages: [[...start], [...start]] };
    for (const [i, g] of gradients.entries()) {
      const grads = { w: tensor(g, [2]) };
      const averageRates = [emaRate(0.5, i + 1), emaRate(0.9, i + 1)];
      const updated = optimizer.update(state, grads, { learningRate: 0.1, averageRates });
      state = updated.state;
      expect(await readScalar(updated.gradNorm)).toBeCloseTo(Math.hypot(...g), 5); // float32
      updateReference(reference, g, { step: i + 1, averageRates, weightDecay });
      dispose([grads, updated.gradNorm]);
    }
    expect(state.updates).toBe(3);
    // float32 against float64 after three updates
    expect([...(await read(state.params.w))]).toEqual(reference.p.map((x) => expect.closeTo(x, 5)));
    for (const [k, average] of reference.averages.entries())
      expect([...(await read(state.averages[k].w))]).toEqual(average.map((x) => expect.closeTo(x, 5)));
    expect([...(await read(params.w))]).toEqual(start);
    dispose([params, state]);
  });

  test('leaves as many live tensors as it found', () => {
    const params = { w: tensor([1, 2], [2]), deep: [{ b: tensor([3], [1]) }] };
    const optimizer = adam();
    let state = optimizer.init(params, 1);
    const before = memory();
    for (let i = 1; i <= 5; i++) {
      const updated = optimizer.update(state, params, { learningRate: 0.1, averageRates: [emaRate(0.9, i)] });
      state = updated.state;
      dispose(updated.gradNorm);
    }
    expect(memory()).toEqual(before);
    dispose([params, state]);
  });

  test('wants a rate for each average, and options in range', () => {
    const params = { w: tensor([1], [1]) };
    const state = adam().init(params, 1);
    expect(() => adam().update(state, params, { learningRate: 0.1 })).toThrow(RangeError);
    dispose([params, state]);
    expect(() => adam({ beta1: 1 })).toThrow(/beta1 and beta2 must be in \[0, 1\), got 1 and 0.999/);
    expect(() => adam({ beta2: -0.1 })).toThrow(RangeError);
    expect(() => adam({ epsilon: 0 })).toThrow(RangeError);
    expect(() => adam({ weightDecay: -1 })).toThrow(/weightDecay must be ≥ 0/);
    expect(() => adam({ clipNorm: Number.NaN })).toThrow(/clipNorm must be ≥ 0/);
  });
});

type Reference = { readonly [name in 'p' | 'm' | 'v']: number[] } & { readonly averages: number[][] };
type Numbers = { readonly step: number; readonly averageRates: readonly number[]; readonly weightDecay: number };

/** Clip at norm 1, Adam(0.8, 0.95, 1e-3) at rate 0.1 with decoupled weight decay, averages; float64. */
function updateReference(r: Reference, g: readonly number[], { step, averageRates, weightDecay }: Numbers) {
  const factor = Math.min(1, 1 / (Math.hypot(...g) + 1e-6));
  g.forEach((gradient, i) => {
    r.m[i] = 0.8 * r.m[i] + 0.2 * factor * gradient;
    r.v[i] = 0.95 * r.v[i] + 0.05 * (factor * gradient) ** 2;
    r.p[i] *= 1 - 0.1 * weightDecay;
    r.p[i] -= (0.1 * (r.m[i] / (1 - 0.8 ** step))) / (Math.sqrt(r.v[i] / (1 - 0.95 ** step)) + 1e-3);
    for (const [k, average] of r.averages.entries()) average[i] += (r.p[i] - average[i]) * averageRates[k];
  });
}
