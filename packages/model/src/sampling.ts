import { reasonOf } from '@tract/checkpoint';
import {
  type Sampler,
  type SamplerEntry,
  type SamplerName,
  type SamplerOptions,
  samplerNames,
  samplerOptionNames,
  samplers,
  samplersWith,
} from '@tract/samplers';
import type { EdmRange, NoiseLevel } from '@tract/schedules';
import { knownSteps, type NoiseProcess, noiseProcesses, samplingLevels } from '@tract/schedules/training';
import { type DiffusionModel, processOf } from './diffusion-model.js';
import { SamplingError } from './model-error.js';

/** Options of drawing from a model. Range: for models that take any of EDM's levels. Default: the model's own. */
export type SamplingOptions = EdmRange &
  SamplerOptions & {
    /** Default: heun for models that take any of EDM's levels, as published; else ddim. */
    readonly sampler?: SamplerName;
  };

/** A sampler and its noise levels for one model. */
export type Sampling = {
  readonly sampler: SamplerName;
  /** Noisy to clean, one more than steps. */
  readonly levels: readonly NoiseLevel[];
  /** Network calls for one image. */
  readonly nfe: number;
  /** True if each prediction of x0 is kept within [-1, 1]. */
  readonly clip: boolean;
  readonly run: Sampler;
};

/**
 * Return the sampler and the levels of so many steps for a model.
 *
 * @throws SamplingError for options that do not go with the model or each other.
 */
export function samplingOf(model: DiffusionModel, steps: number, options: SamplingOptions = {}): Sampling {
  const process = processOf(model);
  const takesRange = noiseProcesses[process.kind].takesRange && knownSteps(process) === undefined;
  const { sampler = takesRange ? 'heun' : 'ddim', sigmaMin, sigmaMax, rho } = options;
  const range = given({ sigmaMin, sigmaMax, rho });
  const [first] = Object.keys(range);
  if (first !== undefined && !takesRange)
    throw new SamplingError(first, "is for teachers on EDM's levels; this model has levels of its own, leave it out");
  const { make, nfe, clip } = entryFor(sampler, process, options);
  const levels = levelsOf({ ...process, ...range }, steps);
  return { sampler, levels, nfe: nfe(levels), clip, run: make(options) };
}

function entryFor(sampler: SamplerName, process: NoiseProcess, options: SamplerOptions): SamplerEntry {
  if (!Object.hasOwn(samplers, sampler))
    throw new SamplingError('sampler', `must be one of ${samplerNames.join(', ')}, got ${JSON.stringify(sampler)}`);
  const entry: SamplerEntry = samplers[sampler];
  if (entry.process !== undefined && entry.process !== process.kind)
    throw new SamplingError(
      'sampler',
      `${sampler} needs a model on ${titleOf(entry.process)}, this one is on ${titleOf(process.kind)}; choose ddim, dpm-solver or flow-heun`,
    );
  if (entry.between && knownSteps(process) !== undefined)
    throw new SamplingError('sampler', `${sampler} asks between the levels, which this student does not know; choose ddim or dpm-solver`);
  for (const name of samplerOptionNames) {
    if (!options[name] || entry.options.includes(name)) continue;
    throw new SamplingError(name, `goes with sampler ${samplersWith(name).join(' or ')}, not ${sampler}; leave it out`);
  }
  return entry;
}

const titleOf = (kind: NoiseProcess['kind']): string => noiseProcesses[kind].title;

function levelsOf(process: NoiseProcess, steps: number): NoiseLevel[] {
  try {
    return samplingLevels(process, steps);
  } catch (error) {
    throw new SamplingError('steps', `${steps} cannot be: ${reasonOf(error)}`);
  }
}

/** The options that are not undefined, so that those that are do not hide defaults. */
const given = <T extends object>(options: T): T =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
