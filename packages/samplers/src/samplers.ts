import type { NoiseLevel, NoiseProcess } from '@tract/schedules';
import { ancestral, ddim } from './ddim.js';
import type { Denoiser } from './denoiser.js';
import { dpmSolver2M } from './dpm-solver.js';
import { edmStochastic } from './heun.js';
import { multistepConsistency } from './multistep-consistency.js';
import type { VectorSpace } from './vector-space.js';

/** A sampler whose options are set: yields xt after every step, noisy to clean. */
export type Sampler = <T>(space: VectorSpace<T>, denoise: Denoiser<T>, xT: T, levels: readonly NoiseLevel[]) => AsyncIterable<T>;

/** The options of all samplers; each takes those that its entry lists. */
export type SamplerOptions = {
  /** Fresh noise of each step as a fraction, in [0, 1], of DDPM's. Default: 0. */
  readonly eta?: number;
  /** S_churn ≥ 0: noise added over all steps. Default: 0. */
  readonly churn?: number;
  /** S_min and S_max: noise scales between which it is added. Default: all. */
  readonly churnMin?: number;
  readonly churnMax?: number;
  /** S_noise: standard deviation of the added noise. Default: 1. */
  readonly churnNoise?: number;
};

export type SamplerEntry = {
  /** The sampler for these options. */
  readonly make: (options: SamplerOptions) => Sampler;
  /** Names of the options that it takes. */
  readonly options: readonly (keyof SamplerOptions)[];
  /** Network calls for one image in so many steps to a level without noise. */
  readonly nfe: (steps: number) => number;
  /** Order of convergence on smooth levels without added noise. Absent for samplers that always add some. */
  readonly order?: number;
  /** True if each prediction of x0 is kept within [-1, 1]. */
  readonly clip: boolean;
  /** The one kind of noise process that it is for. Default: any. */
  readonly process?: NoiseProcess['kind'];
};

const oneCall = (steps: number): number => steps;

/** Every sampler by the name that settings and command lines use. */
export const samplers = {
  ddim: {
    make:
      ({ eta }) =>
      (space, denoise, xT, levels) =>
        ddim(space, denoise, xT, levels, { eta }),
    options: ['eta'],
    nfe: oneCall,
    order: 1,
    clip: true,
  },
  ancestral: { make: () => ancestral, options: [], nfe: oneCall, clip: true },
  'dpm-solver': {
    make:
      ({ eta }) =>
      (space, denoise, xT, levels) =>
        dpmSolver2M(space, denoise, xT, levels, { eta }),
    options: ['eta'],
    nfe: oneCall,
    order: 2,
    clip: true,
  },
  heun: {
    make:
      ({ churn = 0, churnMin = 0, churnMax = Number.POSITIVE_INFINITY, churnNoise = 1 }) =>
      (space, denoise, xT, levels) =>
        edmStochastic(space, denoise, xT, levels, { churn, sMin: churnMin, sMax: churnMax, noiseScale: churnNoise }),
    options: ['churn', 'churnMin', 'churnMax', 'churnNoise'],
    nfe: (steps) => 2 * steps - 1,
    order: 2,
    clip: false,
    process: 'edm',
  },
  consistency: { make: () => multistepConsistency, options: [], nfe: oneCall, clip: true },
} as const satisfies Record<string, SamplerEntry>;

export type SamplerName = keyof typeof samplers;

export const samplerNames = Object.keys(samplers) as readonly SamplerName[];

/** The samplers that take an option. */
export const samplersWith = (option: keyof SamplerOptions): SamplerName[] =>
  samplerNames.filter((name) => (samplers[name] as SamplerEntry).options.includes(option));

/** The names of all options that some sampler takes. */
export const samplerOptionNames: readonly (keyof SamplerOptions)[] = [
  ...new Set(Object.values<SamplerEntry>(samplers).flatMap(({ options }) => options)),
];
