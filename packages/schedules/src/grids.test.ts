import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { betaQuantile } from './beta-quantile.js';
import {
  aysSigmas,
  betaSigmas,
  ddpmGrid,
  ddpmSigmas,
  edmSigmas,
  exponentialSigmas,
  flowGrid,
  levelToLogSNR,
  ratioLevel,
  resolutionShift,
  roundHalfEven,
  shiftTime,
  sigmaAt,
  spacedTimesteps,
  startByStrength,
  type TimestepSpacing,
  timestepOf,
} from './index.js';

/** Stable Diffusion 1 and XL. */
const sd = { betas: 'scaled-linear', betaStart: 0.00085, betaEnd: 0.012 } as const;

describe('training steps of a sampler', () => {
  // numpy: linspace(0, 999, n).round(), arange(n) * (1000 // n) + offset, round(arange(1000, 0, -1000 / n)) - 1
  test.each<[TimestepSpacing, number, number[]]>([
    [{ spacing: 'leading', offset: 1 }, 20, [951, 901, 851]],
    [{ spacing: 'leading' }, 3, [666, 333, 0]],
    [{ spacing: 'trailing' }, 3, [999, 666, 332]],
    [{ spacing: 'trailing' }, 16, [999, 937, 874]], // 937.5 and 812.5 go to the even 938 and 812
    [{ spacing: 'linspace' }, 4, [999, 666, 333, 0]],
    [{ spacing: 'simple' }, 3, [999, 666, 333]],
    [{ spacing: 'sgm-uniform' }, 4, [999, 749.25, 499.5]],
    [{ spacing: 'beta' }, 7, [999, 928, 782, 598, 401, 217, 71]],
  ])('%j in %i steps', (spacing, steps, expected) => {
    const timesteps = spacedTimesteps(steps, spacing);
    expect(timesteps).toHaveLength(steps);
    expected.forEach((value, i) => {
      expect(timesteps[i]).toBeCloseTo(value, 9);
    });
  });

  test('are refused beyond the training and by unknown names', () => {
    expect(() => spacedTimesteps(1001)).toThrow(/at most the 1000 training steps/);
    expect(() => spacedTimesteps(2, { spacing: 'even' as never })).toThrow(/spacing must be one of leading/);
  });
});

describe('noise of training steps', () => {
  test("is Stable Diffusion's", () => {
    const sigmas = ddpmSigmas(sd);
    expect(sigmas[999]).toBeCloseTo(14.6146, 4); // k-diffusion's sigma_max and sigma_min
    expect(sigmas[0]).toBeCloseTo(0.02916, 4);
    expect(sigmaAt(sigmas, 10.5)).toBeCloseTo((sigmas[10] + sigmas[11]) / 2, 12);
    expect(sigmaAt(sigmas, 10.5, true)).toBeCloseTo(Math.sqrt(sigmas[10] * sigmas[11]), 12);
    expect(timestepOf(sigmas, sigmaAt(sigmas, 700.25, true))).toBeCloseTo(700.25, 9);
  });

  test('ends without signal where the betas are rescaled, and starts as before', () => {
    const [plain, rescaled] = [ddpmSigmas(sd), ddpmSigmas({ ...sd, zeroTerminalSNR: true })];
    expect(rescaled[999]).toBe(Number.POSITIVE_INFINITY);
    expect(rescaled[0]).toBeCloseTo(plain[0], 12);
    const alpha = (sigma: number) => 1 / Math.hypot(1, sigma);
    const stretch = (i: number) => ((alpha(plain[i]) - alpha(plain[999])) * alpha(plain[0])) / (alpha(plain[0]) - alpha(plain[999]));
    for (const i of [1, 500, 998]) expect(alpha(rescaled[i])).toBeCloseTo(stretch(i), 12);
    expect(ddpmGrid(4, { ...sd, zeroTerminalSNR: true })[0]).toEqual({ alpha: 0, sigma: 1 });
    expect(timestepOf(rescaled, Number.POSITIVE_INFINITY)).toBe(999);
  });

  test('have a shift that divides the ratio of signal to noise', () => {
    const plain = ddpmSigmas(sd);
    ddpmSigmas({ ...sd, snrShift: 4 }).forEach((sigma, i) => {
      expect(sigma / plain[i]).toBeCloseTo(2, 12);
    });
    expect(() => ddpmSigmas({ ...sd, snrShift: 0 })).toThrow('snrShift must be > 0, got 0');
  });

  test('can be given', () => {
    const betas = Array.from({ length: 50 }, (_, i) => 0.001 * (i + 1));
    const sigmas = ddpmSigmas({ betas });
    expect(sigmas).toHaveLength(50);
    expect(sigmas[1] ** 2).toBeCloseTo(1 / (0.999 * 0.998) - 1, 12);
    expect(() => ddpmSigmas({ betas: [0.1, 2] })).toThrow(/given betas must be 2 numbers in \(0, 1\)/);
  });
});

describe('flow matching', () => {
  test('has levels that add up to 1, from pure noise to data', () => {
    for (const { alpha, sigma } of flowGrid(7, { shift: 3 })) expect(alpha + sigma).toBeCloseTo(1, 14);
    const levels = flowGrid(2, { shift: 3 });
    expect(levels).toEqual([
      { alpha: 0, sigma: 1 },
      { alpha: 0.25, sigma: 0.75 },
      { alpha: 1, sigma: 0 },
    ]);
  });

  test('shifts by a factor of the noise ratio', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 0.99, noNaN: true }), fc.double({ min: 0.1, max: 10, noNaN: true }), (t, shift) => {
        const moved = shiftTime(t, shift);
        expect(moved / (1 - moved) / (t / (1 - t))).toBeCloseTo(shift, 8);
      }),
    );
    expect(Math.log(resolutionShift(256))).toBeCloseTo(0.5, 12);
    expect(Math.log(resolutionShift(4096))).toBeCloseTo(1.15, 12);
    expect(Math.log(resolutionShift(1024))).toBeCloseTo(0.63, 12); // 0.5 + 768 · 0.65 / 3840
  });
});

describe('grids over sigma', () => {
  const range = { sigmaMin: 0.03, sigmaMax: 14.6 };
  test.each([
    ['exponential', exponentialSigmas],
    ['polyexponential', (steps: number, given: typeof range) => exponentialSigmas(steps, { ...given, rho: 2 })],
    ['beta', betaSigmas],
    ['Karras', edmSigmas],
  ])('%s falls from one end to the other and then to 0', (_, grid) => {
    const sigmas = grid(9, range);
    expect(sigmas).toHaveLength(10);
    expect(sigmas[0]).toBeCloseTo(14.6, 10);
    expect(sigmas[8]).toBeCloseTo(0.03, 10);
    expect(sigmas[9]).toBe(0);
    sigmas.slice(1).forEach((sigma, i) => {
      expect(sigma).toBeLessThan(sigmas[i]);
    });
    expect(grid(1, range)[0]).toBeCloseTo(14.6, 10);
  });

  test('exponential steps are equal in ln sigma', () => {
    const sigmas = exponentialSigmas(5, range);
    expect(sigmas[1] / sigmas[0]).toBeCloseTo(sigmas[4] / sigmas[3], 12);
  });

  test('quantiles of the beta distribution are those of SciPy 1.10', () => {
    const of06 = [1.855873851745199e-5, 0.03958440558878085, 0.17568037865269498, 0.5, 0.8770782495416671, 0.9999814412614826];
    [0.001, 0.1, 0.25, 0.5, 0.8, 0.999].forEach((part, i) => {
      expect(betaQuantile(part, 0.6, 0.6) / of06[i]).toBeCloseTo(1, 10);
    });
    const skewed = [0.391217733584531, 0.8624448609315829, 0.9823501404512671];
    [0.1, 0.6, 0.9].forEach((part, i) => {
      expect(betaQuantile(part, 2, 0.7)).toBeCloseTo(skewed[i], 10);
    });
    expect([betaQuantile(0, 0.6, 0.6), betaQuantile(1, 0.6, 0.6)]).toEqual([0, 1]);
  });

  test('"Align Your Steps" gives its tables, and lines in ln sigma between', () => {
    expect(aysSigmas(10, 'sd').slice(0, 3)).toEqual([14.615, 6.475, 3.861]);
    expect(aysSigmas(10, 'svd')).toHaveLength(11);
    expect(aysSigmas(20, 'sdxl')[1]).toBeCloseTo(Math.sqrt(14.615 * 6.315), 12);
    expect(aysSigmas(20, 'sdxl')[20]).toBe(0);
    expect(() => aysSigmas(10, 'flux' as never)).toThrow(/family must be one of sd, sdxl, svd/);
  });
});

test('image to image keeps the last part of the steps', () => {
  const levels = ddpmGrid(10, sd);
  expect(startByStrength(levels, 0.55)).toEqual(levels.slice(5));
  expect(startByStrength(levels, 1)).toEqual(levels);
  expect(() => startByStrength(levels, 0.05)).toThrow(/leave one of 10 steps/);
});

test('a ratio of noise to signal has one variance preserving level', () => {
  for (const ratio of [0, 1e-9, 0.7, 1e9]) expect(levelToLogSNR(ratioLevel(ratio))).toBeCloseTo(-2 * Math.log(ratio), 10);
  expect(ratioLevel(Number.POSITIVE_INFINITY)).toEqual({ alpha: 0, sigma: 1 });
  expect([0.5, 1.5, 2.5, -0.5].map(roundHalfEven)).toEqual([0, 2, 2, -0]);
});
