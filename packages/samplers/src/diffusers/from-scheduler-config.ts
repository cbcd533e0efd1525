import type { DdpmBetas, NoiseLevel } from '@tract/schedules';
import type { Denoiser } from '../denoiser.js';
import { type DenoiserOptions, denoiserFrom } from '../denoiser-from.js';
import type { Guidance } from '../guidance.js';
import type { Network, NetworkPrediction } from '../network.js';
import type { VectorSpace } from '../vector-space.js';
import { continuousPlans } from './continuous-plans.js';
import { distilledPlan } from './distilled-plan.js';
import { edmPlans } from './edm-plans.js';
import { flowPlans } from './flow-plans.js';
import { imagePlans } from './image-plans.js';
import type { Plan, Run } from './plan.js';
import type { SchedulerGrid, SchedulerGrids } from './scheduler-grids.js';
import { SchedulerConfigError, type SchedulerSettings, schedulerSettings } from './scheduler-settings.js';
import { tablePlans } from './table-plan.js';

/** A scheduler_config.json as grid, prediction and sampler. */
export type SchedulerPlan = SchedulerGrids & {
  readonly className: string;
  /** Undefined where the network has a preconditioning, or gives something else that the denoiser knows how to take. */
  readonly predicts?: NetworkPrediction;
  /** Betas of the training, where the class has them. */
  readonly betas?: DdpmBetas;
  /** Levels of the training on EDM's, where the class has them: those of consistency models. */
  readonly trained?: Plan['trained'];
  /** The network as a denoiser over any vector space, told the times of the grid; thresholds and clamps as the file says. */
  denoiser<T>(space: VectorSpace<T>, network: Network<T>, grid: SchedulerGrid, options?: { readonly guidance?: Guidance<T> }): Denoiser<T>;
  /** Run the sampler on `grid.levels`, from xT of the first level: noise, and in inverse classes an image. */
  readonly sample: Run;
  /** Settings of the file that this class does not have, here as in diffusers. */
  readonly ignored: readonly string[];
};

const plans: Readonly<Record<string, (settings: SchedulerSettings) => Plan>> = {
  ...tablePlans,
  ...flowPlans,
  ...edmPlans,
  ...continuousPlans,
  ...imagePlans,
  LCMScheduler: distilledPlan,
  TCDScheduler: distilledPlan,
};

const withEta = new Set(['DDIMScheduler', 'DDIMParallelScheduler', 'CogVideoXDDIMScheduler', 'TCDScheduler']);

/** Classes of diffusers' schedulers that `fromSchedulerConfig` follows. */
export const schedulerClasses: readonly string[] = Object.keys(plans).sort();

/**
 * Read a scheduler_config.json of diffusers, its object or its text: grid, prediction and sampler of one of `schedulerClasses`, with that class's defaults.
 * Where diffusers puts a small number for a signal of 0 (2^−24 of zero terminal SNR, 1e-6 of flow sigmas, 1e-8 of IPNDM) the exact limit is taken; the next
 * step of DDIM is the grid's, at any spacing, and goes on from the clamped x0 (`use_clipped_model_output`); SCM's latents are divided by sigma_data; PNDM's
 * warm-up is exact at strides of an even number of training steps, RePaint's way back where each step is a training step.
 *
 * @throws SchedulerConfigError, naming it, for a class or a value that is not known.
 */
export function fromSchedulerConfig(json: unknown): SchedulerPlan {
  const settings = schedulerSettings(json);
  const { className } = settings;
  if (!Object.hasOwn(plans, className))
    throw new SchedulerConfigError(`fromSchedulerConfig: ${className} is not known here; known: ${schedulerClasses.join(', ')}`);
  const { grid, timeOf, scales, betas, trained, clamp, threshold, adapt, wrap, asksAtEnd, repaints, sample } = plans[className](settings);
  return {
    ...{ className, grid, timeOf, betas, trained, ignored: settings.ignored() },
    ...('predicts' in scales && !adapt && { predicts: scales.predicts }),
    denoiser: (space, network, own, { guidance } = {}) => {
      const { levels, times } = own;
      const time = (level: NoiseLevel) => times[levels.indexOf(level) - (asksAtEnd ? 1 : 0)] ?? timeOf(level);
      const base = 'predicts' in scales ? { ...scales, time } : scales;
      const options = { ...base, guidance, ...(clamp !== undefined && { clamp }), ...(threshold && { threshold }) };
      const answers = adapt ? adapt(space, network, own) : network;
      const denoise = denoiserFrom(space, answers, options as DenoiserOptions<never> as never);
      return wrap ? wrap(space, denoise) : denoise;
    },
    sample: (space, denoise, xT, levels, run) => {
      if (run?.repaint && !repaints) throw new TypeError(`fromSchedulerConfig: ${className} fills nothing in; leave repaint out`);
      if (run?.eta !== undefined && !withEta.has(className))
        throw new TypeError(`fromSchedulerConfig: a step of ${className} has no eta; ${[...withEta].join(', ')} have`);
      return sample(space, denoise, xT, levels, run);
    },
  };
}
