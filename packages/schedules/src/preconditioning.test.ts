import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { linearBetaProcess } from './index.js';
import {
  edmPreconditioning,
  edmWeight,
  iddpmPreconditioning,
  iddpmSigmas,
  type Preconditioning,
  vePreconditioning,
  vpPreconditioning,
} from './training/index.js';

const sigmas = fc.double({ min: -6, max: 4.4, noNaN: true }).map(Math.exp);
const all: [string, Preconditioning][] = [
  ['EDM', edmPreconditioning()],
  ['VP', vpPreconditioning()],
  ['VE', vePreconditioning()],
  ['iDDPM', iddpmPreconditioning()],
];

/** Output of a perfect network: F = (x0 - cSkip (x0 + sigma eps)) / cOut, as its factors of x0 and eps. */
const target = (preconditioning: Preconditioning, sigma: number) => {
  const { cSkip, cOut } = preconditioning(sigma);
  return { x0: (1 - cSkip) / cOut, eps: (-cSkip * sigma) / cOut };
};

describe('EDM preconditioning', () => {
  const spread = fc.double({ min: 0.1, max: 2, noNaN: true });

  test('shows and asks the network for unit variance at every level, whatever the spread of the data', () => {
    fc.assert(
      fc.property(sigmas, spread, (sigma, sigmaData) => {
        const preconditioning = edmPreconditioning(sigmaData);
        const { x0, eps } = target(preconditioning, sigma);
        expect((x0 * sigmaData) ** 2 + eps ** 2).toBeCloseTo(1, 9);
        expect(preconditioning(sigma).cIn ** 2 * (sigmaData ** 2 + sigma ** 2)).toBeCloseTo(1, 12);
      }),
    );
  });

  test('amplifies the error of the network no more than any other that asks for unit variance', () => {
    fc.assert(
      fc.property(sigmas, spread, fc.double({ min: -1, max: 2, noNaN: true }), (sigma, sigmaData, cSkip) => {
        const other = Math.hypot((1 - cSkip) * sigmaData, cSkip * sigma);
        expect(edmPreconditioning(sigmaData)(sigma).cOut).toBeLessThanOrEqual(other * (1 + 1e-12));
      }),
    );
  });

  test('makes the EDM weight of x0 the plain squared error of the network', () => {
    fc.assert(
      fc.property(sigmas, spread, (sigma, sigmaData) => {
        const weight = edmWeight(sigmaData)({ alpha: 1, sigma });
        expect(weight * edmPreconditioning(sigmaData)(sigma).cOut ** 2).toBeCloseTo(1, 9);
      }),
    );
  });

  test('gives the numbers of its equations', () => {
    expect(edmPreconditioning(0.5)(0.5)).toEqual({
      cSkip: expect.closeTo(0.5, 12),
      cOut: expect.closeTo(Math.sqrt(0.125), 12),
      cIn: expect.closeTo(Math.SQRT2, 12),
      cNoise: Math.log(0.5) / 4,
    });
  });
});

test('VP and iDDPM ask for the noise and show an image of unit variance, VE asks for the noise with its sign turned', () => {
  fc.assert(
    fc.property(sigmas, (sigma) => {
      for (const preconditioning of [vpPreconditioning(), iddpmPreconditioning()]) {
        const { x0, eps } = target(preconditioning, sigma);
        expect([x0 + 0, eps]).toEqual([0, expect.closeTo(1, 12)]);
        expect(preconditioning(sigma).cIn ** 2 * (1 + sigma ** 2)).toBeCloseTo(1, 12);
      }
      const ve = target(vePreconditioning(), sigma);
      expect([ve.x0, ve.eps]).toEqual([0, expect.closeTo(-1, 12)]);
    }),
  );
});

test('networks are conditioned on the level as they were trained: a time, a logarithm, a training step', () => {
  const { ratio } = linearBetaProcess();
  for (const t of [1e-3, 0.3, 1]) expect(vpPreconditioning()(ratio(t)).cNoise).toBeCloseTo(999 * t, 9);
  expect(vePreconditioning()(2).cNoise).toBe(0);
  // From the published code, whose grid is float32.
  expect([0.003, 0.7, 20, 78.3].map((s) => iddpmPreconditioning()(s).cNoise)).toEqual([-1, 383, 967, 991]);
  expect(vpPreconditioning()(0.7).cNoise).toBeCloseTo(195.0376, 3);
});

test('iDDPM takes the nearest training step, both sides of the middle between two', () => {
  const trainingSteps = 20;
  const [first, second] = iddpmSigmas(trainingSteps + 1, { sigmaMin: 0, sigmaMax: Number.POSITIVE_INFINITY, trainingSteps });
  const noiseAt = (share: number) => iddpmPreconditioning({ trainingSteps })(first + share * (second - first)).cNoise;
  expect([-0.5, 0, 0.49, 0.51, 1].map(noiseAt)).toEqual([19, 19, 19, 18, 18]);
});

test.each(all)('%s refuses a level without noise or without end', (_, preconditioning) => {
  for (const sigma of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => preconditioning(sigma)).toThrow(/Preconditioning: sigma must be > 0 and finite, got/);
  }
});

test('a preconditioning without data or training steps is refused', () => {
  expect(() => edmPreconditioning(0)).toThrow(/sigmaData must be > 0, got 0/);
  expect(() => vpPreconditioning({ trainingSteps: 0 })).toThrow(/trainingSteps must be a whole number from 1 to 1000000, got 0/);
  expect(() => iddpmPreconditioning({ trainingSteps: 1.5 })).toThrow(/trainingSteps must be a whole number from 1 to 1000000, got 1.5/);
});
