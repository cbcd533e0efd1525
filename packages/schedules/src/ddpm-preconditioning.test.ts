import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ddpmSigmas } from './index.js';
import { consistencyPreconditioning, ddpmPreconditioning, edmPreconditioning, iddpmSigmas } from './training/index.js';

const sigmas = fc.double({ min: -4, max: 4.4, noNaN: true }).map(Math.exp);

test("DDPM's linear betas leave 4.0358e-5 of the variance after 1000 steps, and 1 - 1e-4 after one", () => {
  const levels = ddpmSigmas();
  const alphaBar = (step: number) => 1 / (1 + levels[step] ** 2);
  expect(alphaBar(0)).toBeCloseTo(1 - 1e-4, 12);
  expect(alphaBar(1)).toBeCloseTo((1 - 1e-4) * (1 - 1e-4 - 0.0199 / 999), 12);
  // As the product of all 1 - beta was published with the model.
  expect(alphaBar(999)).toBeCloseTo(4.0358e-5, 8);
});

test("the cosine betas are those of iDDPM's table, and scaled-linear ones linear in their roots", () => {
  const table = iddpmSigmas(1000, { sigmaMin: 1e-9, sigmaMax: Number.POSITIVE_INFINITY }).reverse();
  ddpmSigmas({ betas: 'cosine' }).forEach((sigma, step) => {
    expect(sigma / table[step]).toBeCloseTo(1, 6);
  });
  const [first, last] = [0.00085, 0.012];
  const [one, two] = ddpmSigmas({ betas: 'scaled-linear', trainingSteps: 2, betaStart: first, betaEnd: last });
  expect(one).toBeCloseTo(Math.sqrt(first / (1 - first)), 12);
  expect(two).toBeCloseTo(Math.sqrt(1 / ((1 - first) * (1 - last)) - 1), 12);
});

test('a perfect network of eps, v or x0 gives the clean image back, and is conditioned on its step', () => {
  const levels = ddpmSigmas();
  const images = fc.double({ min: -1, max: 1, noNaN: true });
  fc.assert(
    fc.property(sigmas, images, images, (sigma, x0, eps) => {
      const alpha = 1 / Math.hypot(1, sigma);
      const outputs = { eps, v: alpha * eps - sigma * alpha * x0, x0 };
      for (const predicts of ['eps', 'v', 'x0'] as const) {
        const { cSkip, cOut, cIn } = ddpmPreconditioning({ predicts })(sigma);
        expect(cIn).toBeCloseTo(alpha, 12);
        expect(cSkip * (x0 + sigma * eps) + cOut * outputs[predicts]).toBeCloseTo(x0, 9);
      }
    }),
  );
  const cNoise = (sigma: number) => ddpmPreconditioning()(sigma).cNoise;
  for (const step of [0, 1, 500, 999]) expect(cNoise(levels[step])).toBeCloseTo(step, 9);
  expect(cNoise(Math.sqrt(levels[7] * levels[8]))).toBeCloseTo(7.5, 9);
  expect([cNoise(1e-5), cNoise(1e5)]).toEqual([0, 999]);
});

test("a consistency function leaves the clean end as it is, and without one has EDM's scales", () => {
  expect(consistencyPreconditioning()(0.002)).toMatchObject({ cSkip: 1, cOut: 0 });
  fc.assert(
    fc.property(sigmas, (sigma) => {
      const [ours, edm] = [consistencyPreconditioning({ sigmaMin: 0 })(sigma), edmPreconditioning()(sigma)];
      for (const name of ['cSkip', 'cOut', 'cIn'] as const) expect(ours[name]).toBeCloseTo(edm[name], 12);
      // Their code tells a thousand times EDM's number.
      expect(ours.cNoise).toBeCloseTo(1000 * edm.cNoise, 9);
    }),
  );
});

test.each<[() => unknown, RegExp]>([
  [() => ddpmSigmas({ trainingSteps: 1 }), /trainingSteps must be a whole number from 2 to 1000000, got 1/],
  [() => ddpmSigmas({ betas: 'toString' as 'linear' }), /betas must be one of linear, scaled-linear, cosine, got toString/],
  [() => ddpmSigmas({ betaStart: 0.1, betaEnd: 0.02 }), /0 < betaStart <= betaEnd < 1, got 0.1 and 0.02/],
  [() => ddpmPreconditioning({ predicts: 'score' as 'eps' }), /predicts must be one of eps, v, x0, got score/],
  [() => ddpmPreconditioning()(0), /sigma must be > 0/],
  [() => consistencyPreconditioning({ sigmaMin: -1 }), /sigmaMin >= 0/],
  [() => consistencyPreconditioning()(Number.NaN), /sigma must be > 0/],
])('%s is refused', (call, message) => {
  expect(call).toThrow(message);
});
