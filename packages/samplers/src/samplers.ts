import type { NoiseLevel } from '@tract/schedules';
import type { NoiseProcess } from '@tract/schedules/training';
import { ancestral, ddim } from './ddim.js';
import type { Denoiser } from './denoiser.js';
import { dpmSolver2M, dpmSolver3M } from './dpm-solver.js';
import { dpmSolver2S, dpmSolver2SAncestral } from './dpm-solver-2s.js';
import { dpm2, dpm2Ancestral } from './dpm2.js';
import { deis, ipndm, lms, plms } from './eps-multistep.js';
import { flowHeun } from './flow-heun.js';
import { edmStochastic } from './heun.js';
import { multistepConsistency } from './multistep-consistency.js';
import { saSolver } from './sa-solver.js';
import { unipc } from './unipc.js';
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
  /** Network calls for one image over these levels. */
  readonly nfe: (levels: readonly NoiseLevel[]) => number;
  /** Order of convergence on smooth levels without added noise; of multistep methods that of their start. Absent for samplers that always add some. */
  readonly order?: number;
  /** True if each prediction of x0 is kept within [-1, 1]. */
  readonly clip: boolean;
  /** The one kind of noise process that it is for. Default: any. */
  readonly process?: NoiseProcess['kind'];
  /** True if the model is asked between the levels too. */
  readonly between?: boolean;
};

const oneCall = (levels: readonly NoiseLevel[]): number => levels.length - 1;
/** Two calls a step, but for one to a level without noise. */
const twoCalls = (levels: readonly NoiseLevel[]): number => 2 * oneCall(levels) - Number(levels[oneCall(levels)].sigma === 0);
const first: Pick<SamplerEntry, 'nfe' | 'clip'> = { nfe: oneCall, clip: true };
const halfWay = { nfe: twoCalls, clip: true, between: true };

const without = (sampler: Sampler) => ({ make: () => sampler, options: [] }) as const satisfies Partial<SamplerEntry>;
type WithEta = <T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  options: { readonly eta?: number },
) => AsyncIterable<T>;
const withEta = (sampler: WithEta) =>
  ({
    make:
      ({ eta }) =>
      (space, denoise, xT, levels) =>
        sampler(space, denoise, xT, levels, { eta }),
    options: ['eta'],
  }) as const satisfies Partial<SamplerEntry>;

/** Every sampler by the name that settings and command lines use. */
export const samplers = {
  ddim: { ...withEta(ddim), ...first, order: 1 },
  euler: { ...without(ddim), ...first, order: 1 },
  ancestral: { ...without(ancestral), ...first },
  'euler-ancestral': { ...without(ancestral), ...first },
  'dpm-solver': { ...withEta(dpmSolver2M), ...first, order: 2 },
  'dpm-solver-3m': { ...withEta(dpmSolver3M), ...first, order: 2 },
  'dpm-solver-2s': { ...without(dpmSolver2S), ...halfWay, order: 2 },
  'dpm-solver-2s-ancestral': { ...without(dpmSolver2SAncestral), ...halfWay },
  dpm2: { ...without(dpm2), ...halfWay, order: 2 },
  'dpm2-ancestral': { ...without(dpm2Ancestral), ...halfWay },
  heun: {
    make:
      ({ churn = 0, churnMin = 0, churnMax = Number.POSITIVE_INFINITY, churnNoise = 1 }) =>
      (space, denoise, xT, levels) =>
        edmStochastic(space, denoise, xT, levels, { churn, sMin: churnMin, sMax: churnMax, noiseScale: churnNoise }),
    options: ['churn', 'churnMin', 'churnMax', 'churnNoise'],
    nfe: twoCalls,
    order: 2,
    clip: false,
    process: 'edm',
  },
  'flow-heun': { ...without(flowHeun), ...first, nfe: twoCalls, order: 2 },
  lms: { ...without(lms), ...first, order: 2 },
  deis: { ...without(deis), ...first, order: 2 },
  ipndm: { ...without(ipndm), ...first, order: 2 },
  plms: { ...without(plms), ...first, nfe: (levels) => oneCall(levels) + Number(levels[1].sigma > 0), order: 2 },
  unipc: { ...without(unipc), ...first, order: 2 },
  'sa-solver': { ...without(saSolver), ...first },
  consistency: { ...without(multistepConsistency), ...first },
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
