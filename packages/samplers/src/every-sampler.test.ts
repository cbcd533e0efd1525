import { cosineLevel, edmGrid, type NoiseLevel } from '@tract/schedules';
import { describe, expect, test } from 'vitest';
import { dpmSolverSinglestep } from './dpm-singlestep.js';
import {
  ancestral,
  type Denoiser,
  ddim,
  deis,
  dpm2,
  dpm2Ancestral,
  dpmSolver2M,
  dpmSolver2S,
  dpmSolver2SAncestral,
  dpmSolver3M,
  dpmSolverSDE,
  drain,
  edmStochastic,
  flowAncestral,
  flowHeun,
  heun,
  ipndm,
  lms,
  ModelAnswerError,
  multistepConsistency,
  plms,
  pndm,
  type RunOptions,
  saSolver,
  tcd,
  unipc,
  type VectorSpace,
} from './index.js';
import { ablationSampler } from './sde/index.js';
import { countedDenoiser, countingSpace, drawsSpace, gaussianDenoiser, numberSpace } from './testing/index.js';

type Sampler = <T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  run?: RunOptions<T>,
) => AsyncGenerator<T, void, undefined>;

/** `nfe`: model calls for these levels. `limit`: the remedy that a sampler without a limit at alpha = 0 names. */
type Row = {
  readonly name: string;
  readonly sampler: Sampler;
  readonly nfe: (levels: readonly NoiseLevel[]) => number;
  readonly limit?: RegExp;
};

const stepsOf = (levels: readonly NoiseLevel[]) => levels.length - 1;
const endsClean = (levels: readonly NoiseLevel[]) => (levels[stepsOf(levels)].sigma === 0 ? 1 : 0);
const once = stepsOf;
const endToo = (levels: readonly NoiseLevel[]) => stepsOf(levels) + 1 - endsClean(levels);
const twice = (levels: readonly NoiseLevel[]) => 2 * stepsOf(levels) - endsClean(levels);
/** Steps from alpha = 0 and to sigma = 0 need no middle. */
const middles = (levels: readonly NoiseLevel[]) =>
  2 * stepsOf(levels) - levels.slice(1).filter(({ sigma }, i) => sigma === 0 || levels[i].alpha === 0).length;

const tcdHalf: Sampler = (space, denoise, xT, levels, run) =>
  tcd(
    space,
    denoise,
    xT,
    levels,
    levels.slice(1).map(({ alpha, sigma }) => ({ alpha, sigma: sigma / 2 })),
    run,
  );

const rows: readonly Row[] = [
  { name: 'ddim', sampler: ddim, nfe: once },
  { name: 'ddim, eta 0.5', sampler: (s, d, x, l, run) => ddim(s, d, x, l, { eta: 0.5, ...run }), nfe: once },
  { name: 'ancestral', sampler: ancestral, nfe: once },
  { name: 'flowAncestral', sampler: flowAncestral, nfe: once },
  { name: 'heun', sampler: heun, nfe: twice, limit: /flowHeun/ },
  {
    name: 'edmStochastic',
    sampler: (s, d, x, l, run) => edmStochastic(s, d, x, l, { noiseScale: 1, ...run }),
    nfe: twice,
    limit: /flowHeun/,
  },
  { name: 'flowHeun', sampler: flowHeun, nfe: twice },
  { name: 'dpm2', sampler: dpm2, nfe: twice, limit: /dpmSolver2S/ },
  { name: 'dpm2Ancestral', sampler: dpm2Ancestral, nfe: twice, limit: /dpmSolver2S/ },
  { name: 'dpmSolver2S', sampler: dpmSolver2S, nfe: middles },
  { name: 'dpmSolver2SAncestral', sampler: dpmSolver2SAncestral, nfe: middles },
  { name: 'dpmSolverSDE', sampler: dpmSolverSDE, nfe: middles },
  { name: 'dpmSolver2M', sampler: dpmSolver2M, nfe: once },
  { name: 'dpmSolver2M, heun', sampler: (s, d, x, l, run) => dpmSolver2M(s, d, x, l, { solverType: 'heun', ...run }), nfe: once },
  { name: 'dpmSolver2M, eta 1', sampler: (s, d, x, l, run) => dpmSolver2M(s, d, x, l, { eta: 1, ...run }), nfe: once },
  { name: 'dpmSolver3M', sampler: dpmSolver3M, nfe: once },
  { name: 'dpmSolver3M, eta 1', sampler: (s, d, x, l, run) => dpmSolver3M(s, d, x, l, { eta: 1, ...run }), nfe: once },
  { name: 'lms', sampler: lms, nfe: once },
  { name: 'deis', sampler: deis, nfe: once },
  { name: 'ipndm', sampler: ipndm, nfe: once },
  { name: 'plms', sampler: plms, nfe: (levels) => stepsOf(levels) + (levels[1].sigma > 0 ? 1 : 0), limit: /ipndm/ },
  {
    name: 'pndm',
    sampler: pndm,
    nfe: (levels) => stepsOf(levels) + 3 * levels.slice(1, 4).filter(({ sigma }) => sigma > 0).length,
    limit: /ipndm/,
  },
  { name: 'dpmSolverSinglestep', sampler: dpmSolverSinglestep, nfe: once, limit: /dpmSolver2M/ },
  {
    name: 'dpmSolverSinglestep, order 3, eta 1',
    sampler: (s, d, x, l, run) => dpmSolverSinglestep(s, d, x, l, { order: 3, eta: 1, ...run }),
    nfe: once,
    limit: /dpmSolver2M/,
  },
  { name: 'unipc', sampler: unipc, nfe: once },
  { name: 'unipc, corrected at the end', sampler: (s, d, x, l, run) => unipc(s, d, x, l, { correctEnd: true, ...run }), nfe: endToo },
  { name: 'unipc, order 3', sampler: (s, d, x, l, run) => unipc(s, d, x, l, { order: 3, ...run }), nfe: once },
  { name: 'unipc, bh1', sampler: (s, d, x, l, run) => unipc(s, d, x, l, { variant: 'bh1', ...run }), nfe: once, limit: /variant 'bh2'/ },
  { name: 'saSolver', sampler: saSolver, nfe: once },
  { name: 'saSolver, tau 0', sampler: (s, d, x, l, run) => saSolver(s, d, x, l, { tau: () => 0, ...run }), nfe: once },
  { name: 'saSolver, corrected at the end', sampler: (s, d, x, l, run) => saSolver(s, d, x, l, { correctEnd: true, ...run }), nfe: endToo },
  {
    name: 'saSolver, order 3',
    sampler: (s, d, x, l, run) => saSolver(s, d, x, l, { predictorOrder: 3, correctorOrder: 3, ...run }),
    nfe: once,
  },
  { name: 'tcd', sampler: tcdHalf, nfe: once },
  { name: 'multistepConsistency', sampler: multistepConsistency, nfe: once },
];

const cosine = (start: number, end: number) => (steps: number) =>
  Array.from({ length: steps + 1 }, (_, i) => cosineLevel(start + ((end - start) * i) / steps));
const angle = (steps: number) =>
  Array.from({ length: steps + 1 }, (_, i) => {
    const t = (Math.PI / 2) * (1 - i / steps);
    return i === 0 ? { alpha: 0, sigma: 1 } : { alpha: Math.cos(t), sigma: i === steps ? 0 : Math.sin(t) };
  });
const flow = (end: number) => (steps: number) =>
  Array.from({ length: steps + 1 }, (_, i) => {
    const t = 1 + ((end - 1) * i) / steps;
    return { alpha: 1 - t, sigma: t };
  });
const grids: readonly (readonly [string, (steps: number) => readonly NoiseLevel[]])[] = [
  ['VP', cosine(1, 0.2)],
  ['VE', (steps) => edmGrid(steps)],
  ['flow', flow(0)],
  ['flow that ends with noise', flow(0.1)],
  ['zero terminal SNR', angle],
];

/** Data that are the one number c: the flow is straight in eps, so that every sampler is exact in any number of steps, and its noise adds up to the level's. */
const c = 0.7;
const point: Denoiser<readonly number[]> = () => [c];

describe.each(rows)('$name', ({ sampler, nfe, limit }) => {
  describe.each(grids)('on %s levels', (_, grid) => {
    test.each([1, 2, 3, 10])('in %i steps ends with the mean and spread of the last level', async (steps) => {
      const levels = grid(steps);
      const [first, last] = [levels[0], levels[steps]];
      const { denoise, calls } = countedDenoiser(point);
      const run = drain(sampler(drawsSpace, denoise, [first.alpha * c, first.sigma], levels));
      if (limit && first.alpha === 0)
        return expect(run).rejects.toThrow(new RegExp(`level 0 .*: the method has no limit at alpha = 0; use .*${limit.source}`));
      const [mean, ...draws] = await run;
      expect(mean).toBeCloseTo(last.alpha * c, 12);
      expect(Math.hypot(...draws)).toBeCloseTo(last.sigma, 12);
      expect(calls()).toBe(nfe(levels));
    });
  });

  test('stays finite where the noise falls by a factor of 1e9 at once', async () => {
    const levels = [80, 8e-8, 1e-30].map((sigma) => ({ alpha: 1, sigma }));
    const [mean, ...draws] = await drain(sampler(drawsSpace, point, [c, 80], levels));
    expect(mean).toBeCloseTo(c, 6); // 80·c of the start's mean must cancel
    expect(draws.every(Number.isFinite)).toBe(true);
  });

  test('frees all but the last image, and all of them when the model throws, answers nonsense or is stopped', async () => {
    const levels = edmGrid(7);
    for (let failing = 0; failing < 13; failing++) {
      for (const fail of [
        () => {
          throw new Error('out of memory');
        },
        () => undefined as never,
      ]) {
        const { space, live } = countingSpace();
        const gaussian = gaussianDenoiser(space, 0.5);
        let calls = 0;
        const denoise: typeof gaussian = (xt, level) => (calls++ === failing ? fail() : gaussian(xt, level));
        const run = drain(sampler(space, denoise, { value: 1 }, levels));
        if (failing >= nfe(levels)) expect(await run).toBeDefined();
        else await expect(run).rejects.toThrow();
        expect(live()).toBe(failing >= nfe(levels) ? 1 : 0);
      }
      const stopped = new AbortController();
      const { space, live } = countingSpace();
      const run = drain(
        sampler(space, gaussianDenoiser(space, 0.5), { value: 1 }, levels, {
          signal: stopped.signal,
          onStep: ({ step }) => (step > failing / 2 ? stopped.abort(new Error('enough')) : undefined),
        }),
      );
      if (failing / 2 + 1 < 7) {
        await expect(run).rejects.toThrow('enough');
        expect(live()).toBe(0);
      } else await run;
    }
  });

  test('tells step, total and the predicted x0, which its model is told too', async () => {
    const seen: number[][] = [];
    const first: number[] = [];
    const told: (readonly [number | undefined, number | undefined])[] = [];
    const denoise: Denoiser<number> = (xt, level, call) => {
      told.push([call?.step, call?.total]);
      const x0 = (0.25 * level.alpha * xt) / (0.25 * level.alpha ** 2 + level.sigma ** 2);
      first[call?.step ?? 0] ??= x0;
      return x0;
    };
    const onStep = ({ step, total, x0, xt, level }: { step: number; total: number; x0: number; xt: number; level: NoiseLevel }) => {
      seen.push([step, total, level.sigma]);
      expect(x0).toBe(first[step - 1]);
      expect(xt).not.toBeNaN();
    };
    const levels = edmGrid(3);
    await drain(sampler(numberSpace, denoise, 1, levels, { onStep }));
    expect(seen).toEqual([1, 2, 3].map((step) => [step, 3, levels[step].sigma]));
    expect(new Set(told.map(String))).toEqual(new Set(['0,3', '1,3', '2,3']));
  });

  test('refuses levels that rise, stay or are none', async () => {
    const start = cosineLevel(0.9);
    const bad: [readonly NoiseLevel[], RegExp][] = [
      [[start], /at least two noise levels, got 1/],
      [[cosineLevel(0.1), start], /level 1 .* must be cleaner than the one before/],
      [[start, start, cosineLevel(0.1)], /level 1 .* must be cleaner/],
      [[start, { alpha: Number.NaN, sigma: 0.1 }], /level 1 \(alpha NaN, sigma 0.1\) needs finite/],
      [[start, { alpha: 1, sigma: -0.1 }], /level 1 .* needs finite alpha and sigma >= 0/],
    ];
    for (const [levels, message] of bad) await expect(drain(sampler(numberSpace, (x) => x, 1, levels))).rejects.toThrow(message);
  });
});

test('an answer that is no image is refused on its step', async () => {
  const { float32Space } = await import('./index.js');
  const answers: [unknown, RegExp][] = [
    [undefined, /ddim, step 2 of 3: the model's answer is undefined/],
    [{ data: new Float32Array(2), constructor: { name: 'Tensor' } }, /is no Float32Array but of kind Tensor; hand over its \.data/],
    [new Uint16Array(2), /is no Float32Array but of kind Uint16Array/],
    [Float32Array.of(0, Number.NaN), /is NaN at element 1/],
    [Float32Array.of(1), /the model's answer has 1 elements for 2/],
  ];
  for (const [answer, message] of answers) {
    let call = 0;
    const denoise = () => (call++ === 1 ? (answer as Float32Array) : new Float32Array(2));
    const run = drain(ddim(float32Space, denoise, new Float32Array(2), edmGrid(3)));
    await expect(run).rejects.toThrow(message);
    await expect(run).rejects.toMatchObject({ name: ModelAnswerError.name, step: 1 });
  }
  await expect(drain(ddim(float32Space, () => new Float32Array(2), 3 as never, edmGrid(3)))).rejects.toThrow(
    /ddim: the start xT is no Float32Array but 3/,
  );
});

test('options that are not numbers in their range are refused by name', async () => {
  const refused = async (run: AsyncGenerator<number, void, undefined>) =>
    drain(run).then(
      () => undefined,
      (error: Error) => error.message,
    );
  const given = [numberSpace, gaussianDenoiser(numberSpace, 0.5), 1, edmGrid(3)] as const;
  expect(await refused(ddim(...given, { eta: Number.NaN }))).toMatch(/ddim: eta must be in \[0, 1\], got NaN/);
  expect(await refused(ddim(...given, { noiseScale: -1 }))).toMatch(/ddim: noiseScale/);
  for (const sampler of [flowAncestral, dpm2, dpmSolver2S, dpmSolver2M, dpmSolver3M, saSolver])
    expect(await refused(sampler(...given, { noiseScale: Number.NaN }))).toMatch(/noiseScale must be in \[0, Infinity\], got NaN/);
  expect(await refused(dpmSolver2M(...given, { eta: 2 }))).toMatch(/dpmSolver2M: eta/);
  expect(await refused(dpmSolver2M(...given, { solverType: 'huen' as never }))).toMatch(
    /solverType must be midpoint or heun or k-diffusion, got huen/,
  );
  expect(await refused(unipc(...given, { variant: 'bh3' as never }))).toMatch(/variant must be bh1 or bh2, got bh3/);
  expect(await refused(lms(...given, { order: 2.5 }))).toMatch(/lms: order must be a whole number, got 2.5/);
  expect(await refused(multistepConsistency(...given, { sigmaMin: Number.NaN }))).toMatch(/sigmaMin must be in/);
  expect(await refused(saSolver(...given, { tau: () => Number.NaN }))).toMatch(
    /saSolver, step 1 of 3: levels too extreme, a weight is NaN/,
  );
  expect(await refused(edmStochastic(...given, { churn: Number.NaN }))).toMatch(/edmStochastic: churn must be in \[0, Infinity\], got NaN/);
  const { edmProcess } = await import('@tract/schedules');
  expect(
    await refused(
      ablationSampler(...([...given.slice(0, 3)] as [typeof numberSpace, Denoiser<number>, number]), edmProcess, [1, 0], { at: 0 }),
    ),
  ).toMatch(/at must be/);
});
