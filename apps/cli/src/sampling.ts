import {
  ancestral,
  type Churn,
  type Denoiser,
  ddim,
  dpmSolver2M,
  edmStochastic,
  heun,
  multistepConsistency,
  type VectorSpace,
} from '@tract/samplers';
import type { EdmRange, NoiseLevel } from '@tract/schedules';
import { type DiffusionModel, processOf } from './diffusion-model.js';
import { usageError } from './errors.js';
import { samplingLevels } from './noise-process.js';
import { present } from './present.js';

export const samplerNames = ['ddim', 'ancestral', 'dpm-solver', 'heun', 'consistency'] as const;
export type SamplerName = (typeof samplerNames)[number];

/** What the command line says of sampling; what it leaves out, the model says. */
export type SamplingOptions = EdmRange & {
  readonly sampler?: SamplerName;
  /** Share of DDPM's noise in each step of DDIM or DPM-Solver++. */
  readonly eta?: number;
  readonly churn?: number;
  readonly churnMin?: number;
  readonly churnMax?: number;
  readonly churnNoise?: number;
  /** Class of all images; drawn for each unless told. */
  readonly class?: number;
};

/** How images are drawn from a model. */
export type Sampling = {
  readonly sampler: SamplerName;
  readonly levels: readonly NoiseLevel[];
  /** Network calls for one image. */
  readonly nfe: number;
  /** Each prediction is kept within [-1, 1]. */
  readonly clip: boolean;
  readonly run: <T>(space: VectorSpace<T>, denoise: Denoiser<T>, xT: T) => AsyncGenerator<T, void, undefined>;
};

/**
 * The sampler and levels of so many steps for a model: Heun's method without clipping for a teacher on EDM's levels, as published, else DDIM with it.
 * @throws CliError (usage) for options that do not go with the model or each other.
 */
export function samplingOf(model: DiffusionModel, steps: number, options: SamplingOptions = {}): Sampling {
  const process = processOf(model);
  const knowsAll = process.kind === 'edm' && process.timesteps === undefined;
  const { sampler = knowsAll ? 'heun' : 'ddim', eta = 0, churn = 0, churnMin, churnMax, churnNoise, sigmaMin, sigmaMax, rho } = options;
  const range = present({ sigmaMin, sigmaMax, rho });
  const churning = present({ sMin: churnMin, sMax: churnMax, noiseScale: churnNoise });
  if (Object.keys(range).length > 0 && !knowsAll)
    throw usageError(`--sigma-min, --sigma-max and --rho are for teachers on EDM's levels; this model has its own, leave them out`);
  if (sampler === 'heun' && process.kind !== 'edm')
    throw usageError("--sampler heun needs a model on EDM's levels, this one is on the cosine schedule; choose ddim or dpm-solver");
  if ((churn > 0 || Object.keys(churning).length > 0) && sampler !== 'heun')
    throw usageError(`--churn goes with --sampler heun, not ${sampler}; use --eta for noise there`);
  if (eta > 0 && sampler !== 'ddim' && sampler !== 'dpm-solver')
    throw usageError(`--eta goes with --sampler ddim or dpm-solver, not ${sampler}; leave it out`);
  const levels = levelsOf({ ...model, process: { ...process, ...range } }, steps);
  const noChurn: Churn = { churn, sMin: 0, sMax: Number.POSITIVE_INFINITY, noiseScale: 1, ...churning };
  const samplers: Record<SamplerName, Sampling['run']> = {
    ddim: (space, denoise, xT) => ddim(space, denoise, xT, levels, { eta }),
    ancestral: (space, denoise, xT) => ancestral(space, denoise, xT, levels),
    'dpm-solver': (space, denoise, xT) => dpmSolver2M(space, denoise, xT, levels, { eta }),
    consistency: (space, denoise, xT) => multistepConsistency(space, denoise, xT, levels),
    heun: (space, denoise, xT) => (churn > 0 ? edmStochastic(space, denoise, xT, levels, noChurn) : heun(space, denoise, xT, levels)),
  };
  return { sampler, levels, nfe: sampler === 'heun' ? 2 * steps - 1 : steps, clip: sampler !== 'heun', run: samplers[sampler] };
}

function levelsOf(model: DiffusionModel, steps: number): NoiseLevel[] {
  try {
    return samplingLevels(processOf(model), steps);
  } catch (error) {
    throw usageError((error as Error).message);
  }
}
