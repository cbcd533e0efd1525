import {
  cosineLevel,
  edmGrid,
  edmProcess,
  edmSigmas,
  flowLevel,
  flowProcess,
  linearBetaProcess,
  type NoiseLevel,
  veProcess,
  vpGrid,
} from '@tract/schedules';
import { describe, expect, test } from 'vitest';
import { dpmSolverSinglestep } from './dpm-singlestep.js';
import {
  ancestral,
  type Denoiser,
  ddim,
  deis,
  dpm2,
  dpmSolver2M,
  dpmSolver2S,
  dpmSolver3M,
  drain,
  edmStochastic,
  float32SpaceWith,
  flowHeun,
  heun,
  ipndm,
  lcmDenoiser,
  lms,
  multistepConsistency,
  plms,
  pndm,
  saSolver,
  startNoise,
  tcd,
  unipc,
  type VectorSpace,
} from './index.js';
import { largeVarianceAncestral } from './large-variance.js';
import { brownianNormals } from './noise/index.js';
import { ablationSampler, eulerMaruyama, predictorCorrector } from './sde/index.js';
import { drawsSpace, gaussianDenoiser, gaussianScale, numberSpace } from './testing/index.js';

const sd = 0.5;

type Sampler = <T>(space: VectorSpace<T>, denoise: Denoiser<T>, xT: T, levels: readonly NoiseLevel[]) => AsyncGenerator<T, void, undefined>;
const noisiest = 0.9;
const preserving = (steps: number) => Array.from({ length: steps + 1 }, (_, i) => cosineLevel(noisiest - (0.8 * i) / steps));
const exploding = (steps: number) => preserving(steps).map(({ alpha, sigma }) => ({ alpha: 1, sigma: sigma / alpha }));

/** Against the exact path of Gaussian data, which scales with gaussianScale. */
async function errorOf(sampler: Sampler, levels: readonly NoiseLevel[]): Promise<number> {
  const got = await drain(sampler(numberSpace, gaussianDenoiser(numberSpace, sd), 1, levels));
  return Math.abs(got - gaussianScale(levels[levels.length - 1], sd) / gaussianScale(levels[0], sd));
}

const flow = (steps: number) => Array.from({ length: steps + 1 }, (_, i) => flowLevel(1 - (0.9 * i) / steps));
/** Short steps first, so that the lower order of a multistep method's start does not show. */
const graded = (steps: number) => Array.from({ length: steps + 1 }, (_, i) => flowLevel(1 - 0.9 * (i / steps) ** 2.5));
/** As many steps as three divides. */
const thirds = (steps: number) => preserving(Math.round(steps / 64) * 66);
const steady = { lowerOrderFinal: false };

const orders: readonly (readonly [string, Sampler, number, Record<string, (steps: number) => readonly NoiseLevel[]>])[] = [
  ['ddim', ddim, 1, { preserving, exploding, flow }],
  ['heun', heun, 2, { preserving, exploding }],
  ['flowHeun', flowHeun, 2, { preserving, exploding, flow }],
  ['dpm2', dpm2, 2, { preserving, exploding }],
  ['dpmSolver2S', dpmSolver2S, 2, { preserving, exploding, flow }],
  ['dpmSolver2M', dpmSolver2M, 2, { preserving, exploding, flow }],
  ['dpmSolver3M as published', dpmSolver3M, 2, { graded }],
  ['dpmSolver3M', (s, d, x, l) => dpmSolver3M(s, d, x, l, { solverType: 'heun' }), 3, { graded }],
  ['lms of order 2', (s, d, x, l) => lms(s, d, x, l, { order: 2 }), 2, { preserving, flow }],
  ['lms', lms, 4, { graded }],
  ['deis', deis, 3, { graded }],
  ['ipndm', ipndm, 2, { flow }],
  ['plms', plms, 2, { preserving, exploding }],
  ['pndm', pndm, 2, { preserving }], // a step is first order in its level's own curve, however exact the noise is
  ['dpmSolverSinglestep', (s, d, x, l) => dpmSolverSinglestep(s, d, x, l, steady), 2, { preserving, exploding }],
  ['dpmSolverSinglestep of order 3', (s, d, x, l) => dpmSolverSinglestep(s, d, x, l, { ...steady, order: 3 }), 3, { thirds }],
  [
    'dpmSolverSinglestep of order 3, heun',
    (s, d, x, l) => dpmSolverSinglestep(s, d, x, l, { ...steady, order: 3, solverType: 'heun' }),
    3,
    { thirds },
  ],
  ['unipc without corrector', (s, d, x, l) => unipc(s, d, x, l, { ...steady, corrector: false }), 2, { preserving, flow }],
  ['unipc', (s, d, x, l) => unipc(s, d, x, l, steady), 3, { preserving, flow }],
  ['unipc, bh1', (s, d, x, l) => unipc(s, d, x, l, { ...steady, variant: 'bh1' }), 3, { preserving }],
  ['unipc of order 3', (s, d, x, l) => unipc(s, d, x, l, { ...steady, order: 3 }), 4, { flow }],
  [
    'saSolver, tau 0, of order 3',
    (s, d, x, l) => saSolver(s, d, x, l, { tau: () => 0, ...steady, predictorOrder: 3, correctorOrder: 3 }),
    4,
    { graded },
  ],
];

test.each(
  orders.flatMap(([name, sampler, order, grids]) =>
    Object.entries(grids).map(([grid, levels]) => [name, order, grid, sampler, levels] as const),
  ),
)('%s has order %d on %s levels', async (name, order, _, sampler, levels) => {
  const errors = [await errorOf(sampler, levels(128)), await errorOf(sampler, levels(256))];
  const gained = Math.log2(errors[0] / errors[1]);
  // The error of 3M's first steps, which are of lower order, is still seen at 128 steps: 1.77 as published, 2.87 with the exact weights.
  expect(gained, name).toBeGreaterThan(order - (name.startsWith('dpmSolver3M') ? 0.25 : 0.1));
  expect(gained, name).toBeLessThan(order + 0.2);
});

describe('ablationSampler', () => {
  const error = async (process: typeof edmProcess, steps: number, solver: 'euler' | 'heun', at = 1): Promise<number> => {
    const [first, last] = [2, 0.05].map(process.timeOf);
    const times = Array.from({ length: steps + 1 }, (_, i) => first + ((last - first) * i) / steps);
    const sampler = ablationSampler(numberSpace, gaussianDenoiser(numberSpace, sd), process.level(first).alpha, process, times, {
      solver,
      at,
    });
    const exact = (process.level(last).alpha * Math.hypot(sd, 0.05)) / Math.hypot(sd, 2);
    return Math.abs((await drain(sampler)) - exact);
  };
  test.each([
    ['EDM', edmProcess],
    ['VE', veProcess],
    ['VP', linearBetaProcess()],
    ['flow matching', flowProcess],
  ])('has the order of its solver for %s', async (_, process) => {
    for (const [solver, at, order] of [
      ['euler', 1, 1],
      ['heun', 1, 2],
      ['heun', 0.5, 2],
      ['heun', 2 / 3, 2],
    ] as const) {
      const gained = Math.log2((await error(process, 256, solver, at)) / (await error(process, 512, solver, at)));
      expect(gained).toBeGreaterThan(order - 0.15);
    }
  });

  test('with its own choices is EDM', async () => {
    const denoise = gaussianDenoiser(numberSpace, sd);
    const ours = await drain(ablationSampler(numberSpace, denoise, 80, edmProcess, edmSigmas(18)));
    expect(ours).toBeCloseTo(await drain(heun(numberSpace, denoise, 80, edmGrid(18))), 12);
  });
});

describe('fresh noise keeps the spread of the data', () => {
  const spread = async (sampler: Sampler, levels: readonly NoiseLevel[]): Promise<number> => {
    const xT = [0, gaussianScale(levels[0], sd)];
    return Math.hypot(...(await drain(sampler(drawsSpace, gaussianDenoiser(drawsSpace, sd), xT, levels))));
  };
  const errorsOf = (sampler: Sampler, grid: (steps: number) => readonly NoiseLevel[]): Promise<number[]> =>
    Promise.all(
      [64, 256].map(async (steps) => {
        const levels = grid(steps);
        return Math.abs((await spread(sampler, levels)) / gaussianScale(levels[steps], sd) - 1);
      }),
    );
  test.each<[string, Sampler, (steps: number) => readonly NoiseLevel[]]>([
    ['ddim with eta 0.5', (space, denoise, xT, levels) => ddim(space, denoise, xT, levels, { eta: 0.5 }), vpGrid],
    ['ancestral', ancestral, vpGrid],
    ['dpmSolver2M with eta 1', (space, denoise, xT, levels) => dpmSolver2M(space, denoise, xT, levels, { eta: 1 }), preserving],
    [
      'edmStochastic',
      (space, denoise, xT, levels) => edmStochastic(space, denoise, xT, levels, { churn: 40, sMin: 0.05, sMax: 50, noiseScale: 1 }),
      edmGrid,
    ],
  ])('%s', async (_, sampler, grid) => {
    const errors = await errorsOf(sampler, grid);
    expect(errors[1]).toBeLessThan(0.02);
    expect(errors[1]).toBeLessThan(errors[0] / 3.5); // first order at least
  });

  test.each([
    [0.5, 2, 2],
    [1, 2, 2],
    [1.4, 3, 3],
    [1, 1, 3],
    [1, 3, 2],
  ])(
    'saSolver with tau %d, a predictor of order %i and a corrector of order %i, with second order',
    async (tau, predictorOrder, correctorOrder) => {
      const options = { tau: () => tau, predictorOrder, correctorOrder, lowerOrderFinal: false };
      const errors = await errorsOf((space, denoise, xT, levels) => saSolver(space, denoise, xT, levels, options), preserving);
      expect(errors[1]).toBeLessThan(1e-3);
      expect(errors[1]).toBeLessThan(errors[0] / 4 ** 1.85);
    },
  );

  test('multistepConsistency ends with the prediction, from an image noised anew', async () => {
    const seen: (readonly number[])[] = [];
    const denoise: Denoiser<readonly number[]> = (xt) => {
      seen.push(xt);
      return [0, 0, 0, 0, 0, 5];
    };
    const levels = [cosineLevel(1), cosineLevel(0.5), { alpha: 1, sigma: 0 }];
    expect(await drain(multistepConsistency(drawsSpace, denoise, [0, 1], levels))).toEqual([0, 0, 0, 0, 0, 5]);
    expect(seen[1]).toEqual([0, 0, levels[1].sigma, 0, 0, 5 * levels[1].alpha]);
  });
});

test('what cannot be is refused in the name of the sampler', async () => {
  const denoise = gaussianDenoiser(numberSpace, sd);
  await expect(drain(ddim(numberSpace, denoise, 1, vpGrid(2), { eta: 2 }))).rejects.toThrow(/ddim: eta must be in \[0, 1\], got 2/);
  await expect(drain(dpmSolver2M(numberSpace, denoise, 1, vpGrid(2), { eta: -1 }))).rejects.toThrow(/dpmSolver2M: eta/);
  await expect(drain(heun(numberSpace, denoise, 1, [cosineLevel(1)]))).rejects.toThrow(/heun: needs at least two noise levels, got 1/);
  await expect(drain(ablationSampler(numberSpace, denoise, 1, edmProcess, [1]))).rejects.toThrow(/at least two times/);
});

test('the generalised sampler starts from pure noise where a process has it', async () => {
  const denoise = gaussianDenoiser(numberSpace, sd);
  const times = Array.from({ length: 65 }, (_, i) => 1 - i / 64);
  const drawn = await drain(ablationSampler(numberSpace, denoise, 1, flowProcess, times));
  expect(Math.abs(drawn - sd)).toBeLessThan(1e-3); // second order in 64 steps
});

test("DDPM's large variance keeps data N(0, 1) at its spread in any number of steps, the small one data that are known", async () => {
  const levels = preserving(3);
  const drawn = await drain(largeVarianceAncestral(drawsSpace, gaussianDenoiser(drawsSpace, 1), [0, 1], levels));
  expect(Math.hypot(...drawn)).toBeCloseTo(1, 12);
  expect(Math.hypot(...(await drain(ancestral(drawsSpace, gaussianDenoiser(drawsSpace, 1), [0, 1], levels))))).toBeLessThan(0.99);
});

test('TCD is DDIM towards the ends of its steps and consistency sampling towards clean images', async () => {
  const denoise = gaussianDenoiser(drawsSpace, sd);
  const levels = preserving(5);
  const clean = levels.slice(1).map(() => ({ alpha: 1, sigma: 0 }));
  const close = (got: readonly number[], expected: readonly number[]) =>
    expected.forEach((value, i) => {
      expect(got[i]).toBeCloseTo(value, 14);
    });
  close(await drain(tcd(drawsSpace, denoise, [0, 1], levels, levels.slice(1))), await drain(ddim(drawsSpace, denoise, [0, 1], levels)));
  close(
    await drain(tcd(drawsSpace, denoise, [0, 1], levels, clean)),
    await drain(multistepConsistency(drawsSpace, denoise, [0, 1], levels)),
  );
  await expect(drain(tcd(drawsSpace, denoise, [0, 1], levels, levels.slice(0, 5)))).rejects.toThrow(/destination 0 has more noise/);
});

test("LCM's boundary leaves an image of timestep 0 as it is", async () => {
  const denoise = lcmDenoiser(
    numberSpace,
    () => 5,
    ({ sigma }) => 100 * sigma,
  );
  expect(await denoise(2, { alpha: 1, sigma: 0 })).toBe(2);
  expect(await denoise(2, { alpha: 1, sigma: 1 })).toBeCloseTo((0.25 * 2) / (1000 ** 2 + 0.25) + (1000 * 5) / Math.hypot(1000, 0.5), 12);
});

test('the reverse SDE by Euler–Maruyama keeps the spread of the data', async () => {
  const process = linearBetaProcess();
  const spreads = [200, 800].map(async (steps) => {
    const times = Array.from({ length: steps + 1 }, (_, i) => 1 + ((0.01 - 1) * i) / steps);
    const xT = [0, gaussianScale(process.level(1), sd)];
    const drawn = await drain(eulerMaruyama(drawsSpace, gaussianDenoiser(drawsSpace, sd), xT, process, times));
    return Math.abs(Math.hypot(...drawn) / gaussianScale(process.level(0.01), sd) - 1);
  });
  expect(await spreads[1]).toBeLessThan(0.02);
  expect((await spreads[0]) / (await spreads[1])).toBeGreaterThan(3.5);
});

test('predictor and corrector draw data of the right spread', async () => {
  const space = float32SpaceWith();
  const levels = edmGrid(150, { sigmaMax: 20 });
  const xT = startNoise(space, new Float32Array(4000), levels[0]);
  const drawn = await drain(predictorCorrector(space, gaussianDenoiser(space, sd), xT, levels));
  expect(Math.sqrt(drawn.reduce((sum, x) => sum + x * x, 0) / 4000)).toBeCloseTo(sd, 1);
  await expect(drain(predictorCorrector(numberSpace, gaussianDenoiser(numberSpace, sd), 1, levels))).rejects.toThrow(/no perImage/);
});

describe('Brownian noise', () => {
  const like = new Float32Array(4000);
  const brownian = brownianNormals(3);
  const between = (a: number, b: number) => ({ from: { alpha: 1, sigma: 1 / Math.sqrt(a) }, to: { alpha: 1, sigma: 1 / Math.sqrt(b) } });
  const mean = (x: ArrayLike<number>, y: ArrayLike<number>) => Array.from(x).reduce((sum, value, i) => sum + value * y[i], 0) / x.length;

  test('of two spans adds up to that of both, and is standard normal', () => {
    const [first, second, whole] = [between(0.3, 1.7), between(1.7, 2.9), between(0.3, 2.9)].map((span) => brownian(like.length, 0, span));
    for (let i = 0; i < 100; i++)
      expect((Math.sqrt(1.4) * first[i] + Math.sqrt(1.2) * second[i]) / Math.sqrt(2.6)).toBeCloseTo(whole[i], 5);
    for (const noise of [first, second, whole]) expect(Math.abs(mean(noise, noise) - 1)).toBeLessThan(0.09); // four standard errors
    expect(Math.abs(mean(first, second))).toBeLessThan(0.064);
    expect(brownian(like.length, 5, between(0.3, 1.7))).toEqual(first);
  });

  test('makes an SDE solver converge to one image', async () => {
    const images = async (normals: ReturnType<typeof brownianNormals>, steps: number) => {
      const space = float32SpaceWith({ normals });
      const levels = preserving(steps);
      return drain(
        dpmSolver2M(space, gaussianDenoiser(space, sd), startNoise(space, new Float32Array(500), levels[0]), levels, { eta: 1 }),
      );
    };
    const distance = (a: Float32Array, b: Float32Array) => Math.sqrt(a.reduce((sum, x, i) => sum + (x - b[i]) ** 2, 0) / a.length);
    const [few, more, many] = await Promise.all([16, 64, 256].map((steps) => images(brownian, steps)));
    expect(distance(few, many)).toBeLessThan(0.1);
    expect(distance(more, many)).toBeLessThan(distance(few, many) / 2);
  });
});
