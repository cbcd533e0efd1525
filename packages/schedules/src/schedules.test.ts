import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cosineLevel,
  cosineLogSNR,
  ddimWeights,
  edmGrid,
  edmSigmas,
  levelToLogSNR,
  linearBetaGrid,
  logSNRGrid,
  logSNRToLevel,
  type NoiseLevel,
  power,
  timeGrid,
  vpGrid,
} from './index.js';
import {
  edmWeight,
  lognormalLevel,
  rootTruncatedSNRWeight,
  snrPlusOneWeight,
  snrWeight,
  teacherShare,
  truncatedSNRWeight,
} from './training/index.js';

const time = fc.double({ min: 0, max: 1, noNaN: true });
/** Three VP or VE levels with noise that falls from the first to the last by more than rounding. */
const vpLevel = fc.double({ min: -20, max: 20, noNaN: true }).map(logSNRToLevel);
const veLevel = fc.double({ min: 0.002, max: 80, noNaN: true }).map((sigma) => ({ alpha: 1, sigma }));
const falling = fc
  .oneof(fc.tuple(vpLevel, vpLevel, vpLevel), fc.tuple(veLevel, veLevel, veLevel))
  .map((levels) => [...levels].sort((x, y) => levelToLogSNR(x) - levelToLogSNR(y)))
  .filter(([a, b, c]) => levelToLogSNR(b) - levelToLogSNR(a) > 1e-3 && levelToLogSNR(c) - levelToLogSNR(b) > 1e-3);
const pixel = fc.double({ min: -3, max: 3, noNaN: true });

const step = (xt: number, x0: number, from: NoiseLevel, to: NoiseLevel) => {
  const { keepXt, addX0 } = ddimWeights(from, to);
  return keepXt * xt + addX0 * x0;
};

describe('levels', () => {
  test('logSNR falls as t rises', () => {
    fc.assert(
      fc.property(time, time, (s, t) => {
        fc.pre(t - s > 1e-9);
        expect(cosineLogSNR(t)).toBeLessThan(cosineLogSNR(s));
      }),
    );
  });

  test('a level keeps its logSNR, also where a sigmoid alone would round to 1 or underflow', () => {
    fc.assert(
      fc.property(fc.double({ min: -1400, max: 1400, noNaN: true }), (logSNR) => {
        expect(levelToLogSNR(logSNRToLevel(logSNR))).toBeCloseTo(logSNR, 9);
      }),
    );
  });

  test('the cosine schedule preserves variance and is even halfway', () => {
    fc.assert(
      fc.property(time, (t) => {
        const { alpha, sigma } = cosineLevel(t);
        expect(alpha ** 2 + sigma ** 2).toBeCloseTo(1, 14);
      }),
    );
    expect(cosineLogSNR(0.5, { min: -10, max: 10 })).toBeCloseTo(0, 4);
  });

  test('VE levels have a logSNR too', () => {
    expect(levelToLogSNR({ alpha: 1, sigma: 2 })).toBeCloseTo(-2 * Math.log(2), 14);
    expect(levelToLogSNR({ alpha: 1, sigma: 0 })).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('grids', () => {
  test('run from noise to clean with one more level than steps', () => {
    expect(timeGrid(4)).toEqual([1, 0.75, 0.5, 0.25, 0]);
    expect(vpGrid(2)).toEqual([cosineLevel(1), cosineLevel(0.5), cosineLevel(0)]);
    expect(edmSigmas(1)).toEqual([power(power(80, 1 / 7), 7), 0]);
    expect(edmGrid(3).map(({ alpha }) => alpha)).toEqual([1, 1, 1, 1]);
    expect(logSNRGrid(4, { min: -8, max: 8 }).map((level) => levelToLogSNR(level).toFixed(9))).toEqual(
      [-8, -4, 0, 4, 8].map((logSNR) => logSNR.toFixed(9)),
    );
    const [noise, half, clean] = linearBetaGrid(2);
    expect(clean).toEqual({ alpha: 1, sigma: 0 });
    // alpha² = exp(−∫beta): 19.9·t²/2 + 0.1·t
    expect(half.alpha ** 2).toBeCloseTo(Math.exp(-(19.9 / 8 + 0.05)), 12);
    expect(noise.alpha ** 2 + noise.sigma ** 2).toBeCloseTo(1, 12);
  });

  test.each([0, -1, 1.5, Number.NaN])('refuse %d steps', (steps) => {
    expect(() => timeGrid(steps)).toThrow(RangeError);
    for (const grid of [edmSigmas, linearBetaGrid, logSNRGrid]) expect(() => grid(steps)).toThrow(RangeError);
    expect(() => logSNRGrid(4, { min: 1, max: 1 })).toThrow(/needs min < max, got 1 and 1/);
  });
});

describe('lognormal levels', () => {
  // Quantiles of the standard normal from scipy.special.ndtri.
  test.each([
    [1e-9, -5.9978070150076865],
    [1e-4, -3.7190164854556804],
    [0.02, -2.053748910631823],
    [0.025, -1.9599639845400545],
    [0.1, -1.2815515655446004],
    [0.3, -0.5244005127080409],
    [0.5, 0],
    [0.77, 0.7388468491852137],
    [0.98, 2.0537489106318225],
    [0.999999, 4.753424308817087],
  ])('have the logarithm of the normal at quantile %d', (u, quantile) => {
    expect(Math.log(lognormalLevel(u, { mean: 0, sd: 1 }).sigma)).toBeCloseTo(quantile, 7);
    expect(Math.log(lognormalLevel(u).sigma)).toBeCloseTo(1.2 * quantile - 1.2, 7);
  });

  test.each([0, 1, Number.NaN])('refuse the quantile %d', (u) => {
    expect(() => lognormalLevel(u)).toThrow(/u must be in \(0, 1\)/);
  });
});

describe('one DDIM step', () => {
  test('twice with the same x0 is one step', () => {
    fc.assert(
      fc.property(falling, pixel, pixel, ([a, b, c], xt, x0) => {
        expect(step(step(xt, x0, a, b), x0, b, c)).toBeCloseTo(step(xt, x0, a, c), 10);
      }),
    );
  });

  test('is transitive in how much of xt it keeps', () => {
    fc.assert(
      fc.property(falling, ([a, b, c]) => {
        const direct = ddimWeights(a, c).keepXt;
        expect(ddimWeights(a, b).keepXt * ddimWeights(b, c).keepXt).toBeCloseTo(direct, 12);
      }),
    );
  });

  test('with the averaged target lands where the two steps landed', () => {
    fc.assert(
      fc.property(falling, pixel, pixel, pixel, ([a, b, c], xt, x0Teacher, x0SelfTeacher) => {
        const share = teacherShare(a, b, c);
        const target = share * x0Teacher + (1 - share) * x0SelfTeacher;
        const landed = step(step(xt, x0Teacher, a, b), x0SelfTeacher, b, c);
        expect(step(xt, target, a, c)).toBeCloseTo(landed, 9);
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(1 + 1e-12);
      }),
    );
  });

  test('leaves all to the teacher where its step ends the group', () => {
    const [a, b] = vpGrid(2);
    expect(teacherShare(a, b, b)).toBe(1);
    const [noisy, clean] = edmGrid(1);
    expect(teacherShare(noisy, clean, clean)).toBe(1);
  });

  test('needs noise to step from, and somewhere to go', () => {
    const [noisy, clean] = edmGrid(1);
    expect(() => ddimWeights(clean, noisy)).toThrow(RangeError);
    expect(() => teacherShare(noisy, clean, noisy)).toThrow(RangeError);
  });
});

describe('loss weights', () => {
  test('are the errors they stand for', () => {
    const level = cosineLevel(0.3);
    const snr = level.alpha ** 2 / level.sigma ** 2;
    expect(snrWeight(level)).toBeCloseTo(snr, 12);
    expect(snrPlusOneWeight(level)).toBeCloseTo(1 / level.sigma ** 2, 12);
    expect(truncatedSNRWeight(level)).toBeCloseTo(Math.max(snr, 1), 12);
    expect(truncatedSNRWeight(cosineLevel(0.9))).toBe(1);
    expect(rootTruncatedSNRWeight(level) ** 2).toBeCloseTo(Math.max(snr, 1), 12);
    expect(edmWeight(0.5)({ alpha: 1, sigma: 0.5 })).toBeCloseTo(8, 12);
  });

  test('refuse data without spread', () => {
    expect(() => edmWeight(0)).toThrow(RangeError);
  });
});
