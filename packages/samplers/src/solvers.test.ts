import { cosineLevel, edmGrid, edmProcess, edmSigmas, linearBetaProcess, type NoiseLevel, veProcess, vpGrid } from '@tract/schedules';
import { describe, expect, test } from 'vitest';
import {
  ablationSampler,
  ancestral,
  type Denoiser,
  ddim,
  dpmSolver2M,
  drain,
  edmStochastic,
  heun,
  multistepConsistency,
  type VectorSpace,
} from './index.js';
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

describe.each<[string, Sampler, number]>([
  ['ddim', ddim, 1],
  ['heun', heun, 2],
  ['dpmSolver2M', dpmSolver2M, 2],
])('%s', (_, sampler, order) => {
  test.each([
    ['variance preserving', preserving],
    ['variance exploding', exploding],
  ])(`has order ${order} on %s levels`, async (_, grid) => {
    for (const steps of [64, 128]) {
      const gained = Math.log2((await errorOf(sampler, grid(steps))) / (await errorOf(sampler, grid(2 * steps))));
      expect(gained).toBeGreaterThan(order - 0.1);
      expect(gained).toBeLessThan(order + 0.2);
    }
  });
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
    const errors = await Promise.all(
      [64, 256].map(async (steps) => {
        const levels = grid(steps);
        return Math.abs((await spread(sampler, levels)) / gaussianScale(levels[steps], sd) - 1);
      }),
    );
    expect(errors[1]).toBeLessThan(0.02);
    expect(errors[1]).toBeLessThan(errors[0] / 3.5); // first order at least
  });

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
