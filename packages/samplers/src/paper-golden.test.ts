import { readFileSync } from 'node:fs';
import type { NoiseLevel } from '@tract/schedules';
import { expect, test } from 'vitest';
import {
  type Denoiser,
  ddim,
  deis,
  dpm2Ancestral,
  dpmSolver2M,
  dpmSolver2S,
  dpmSolver3M,
  drain,
  flowHeun,
  heun,
  ipndm,
  lms,
  multistepConsistency,
  plms,
  pndm,
  saSolver,
  tcd,
  unipc,
  type VectorSpace,
} from './index.js';

type Vector = readonly number[];
type Case = { readonly sampler: string; readonly options: object; readonly grid: string; readonly drawn: Vector };
/** Written by test/make-paper-golden.py, which knows nothing of this package. */
const golden = JSON.parse(readFileSync(new URL('../test/paper-golden.json', import.meta.url), 'utf8')) as {
  readonly start: Vector;
  readonly draws: readonly Vector[];
  readonly grids: Readonly<Record<string, readonly (readonly [alpha: number, sigma: number])[]>>;
  readonly cases: readonly Case[];
};

const space: VectorSpace<Vector> = {
  combine: (terms) => terms[0][1].map((_, i) => terms.reduce((sum, [coefficient, x]) => sum + coefficient * x[i], 0)),
  clamp: (x) => x,
  noise: (_, index) => golden.draws[index],
};
const denoise: Denoiser<Vector> = (xt, { alpha }) => xt.map((x) => 0.5 * Math.sin(1.7 * x + 2 * alpha) - 0.2 * x);

type Sampler = (
  over: VectorSpace<Vector>,
  model: Denoiser<Vector>,
  xT: Vector,
  levels: readonly NoiseLevel[],
  options: object,
) => AsyncGenerator<Vector>;

const samplers = {
  ddim,
  heun,
  flowHeun,
  dpmSolver2M,
  dpmSolver2S,
  dpmSolver3M,
  lms,
  deis,
  ipndm,
  plms,
  pndm,
  unipc,
  multistepConsistency,
  dpm2Ancestral,
  saSolver: ((over, model, xT, levels, { tau = 1, ...orders }: { readonly tau?: number }) =>
    saSolver(over, model, xT, levels, { tau: () => tau, ...orders })) as Sampler,
  tcd: ((over, model, xT, levels, { gamma }: { readonly gamma: number }) => {
    const inner = levels.slice(1).map(({ alpha }) => (1 - gamma) * Math.acos(alpha));
    return tcd(
      over,
      model,
      xT,
      levels,
      inner.map((t) => ({ alpha: Math.cos(t), sigma: Math.sin(t) })),
    );
  }) as Sampler,
};

test.each(golden.cases)("$sampler with $options on $grid levels gives the numbers of its paper's equations", async (one) => {
  const levels = golden.grids[one.grid].map(([alpha, sigma]) => ({ alpha, sigma }));
  const run = samplers[one.sampler as keyof typeof samplers] as Sampler;
  const drawn = await drain(
    run(
      space,
      denoise,
      golden.start.map((x) => x * levels[0].sigma),
      levels,
      one.options,
    ),
  );
  const scale = Math.max(...one.drawn.map(Math.abs));
  for (const [i, value] of drawn.entries()) expect(Math.abs(value - one.drawn[i]) / scale).toBeLessThan(1e-11); // rounding, through six steps of a sine
});
