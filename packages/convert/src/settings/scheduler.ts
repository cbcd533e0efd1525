import { fromSchedulerConfig } from '@tract/samplers/diffusers';
import type { PreconditioningSettings } from '@tract/schedules';
import type { Settings } from '../foreign-checkpoint.js';

type Ddpm = Extract<PreconditioningSettings, { kind: 'ddpm' }>;

const betas = { linear: 'linear', 'scaled-linear': 'scaled_linear', cosine: 'squaredcos_cap_v2' } as const;
const predictions = { eps: 'epsilon', v: 'v_prediction', x0: 'sample' } as const;

/**
 * Return the preconditioning that a scheduler_config.json of diffusers stands for. How the scheduler samples is not kept.
 *
 * @throws RangeError that names a class or a setting which is not known, or which no preconditioning stands for.
 */
export function fromScheduler(given: Settings): Ddpm {
  const { className, predicts, betas: table } = fromSchedulerConfig(given);
  if (!table || !predicts || predicts === 'flow')
    throw new RangeError(`a network of ${className} is not one of DDPM's, the only ones known here`);
  const { betas: rule, trainingSteps, betaStart, betaEnd, zeroTerminalSNR, snrShift = 1 } = table;
  if (typeof rule !== 'string') throw new RangeError('a scheduler with trained_betas is not known here; known: betas by a rule');
  if (zeroTerminalSNR || snrShift !== 1)
    throw new RangeError('a scheduler that rescales or shifts the signal of its betas is not known here');
  return { kind: 'ddpm', betas: rule, trainingSteps, betaStart, betaEnd, predicts };
}

/** Return the scheduler_config.json of a DDPMScheduler for a preconditioning: the inverse of `fromScheduler`. */
export const toScheduler = ({
  betas: rule = 'linear',
  predicts = 'eps',
  trainingSteps = 1000,
  betaStart = 1e-4,
  betaEnd = 0.02,
}: Ddpm): Settings => ({
  ...{ _class_name: 'DDPMScheduler', beta_schedule: betas[rule], prediction_type: predictions[predicts] },
  ...{ num_train_timesteps: trainingSteps, beta_start: betaStart, beta_end: betaEnd, clip_sample: true },
});
