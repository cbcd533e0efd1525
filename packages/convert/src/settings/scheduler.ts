import { fromSchedulerConfig } from '@tract/samplers/diffusers';
import type { NoiseProcess, PreconditioningSettings } from '@tract/schedules/training';
import type { Settings } from '../foreign-checkpoint.js';

type Ddpm = Extract<PreconditioningSettings, { kind: 'ddpm' }>;
type Consistency = Extract<PreconditioningSettings, { kind: 'consistency' }>;
type Edm = Extract<NoiseProcess, { kind: 'edm' }>;

/** Meaning of a scheduler: the preconditioning, and its noise levels where they do not follow from that. */
export type Scheduled = { readonly preconditioning: PreconditioningSettings; readonly process?: NoiseProcess };

/** The scheduler of consistency models; its steps in training are the levels that the network knows. */
const consistencyClass = 'CMStochasticIterativeScheduler';
const consistencyDefaults = { num_train_timesteps: 40, sigma_min: 0.002, sigma_max: 80, sigma_data: 0.5, rho: 7 };

const betas = { linear: 'linear', 'scaled-linear': 'scaled_linear', cosine: 'squaredcos_cap_v2' } as const;
const predictions = { eps: 'epsilon', v: 'v_prediction', x0: 'sample' } as const;

/**
 * Return what a scheduler_config.json of diffusers stands for. How the scheduler samples is not kept.
 *
 * @throws RangeError that names a class or a setting which is not known, or which no preconditioning stands for.
 */
export function fromScheduler(given: Settings): Scheduled {
  const { className, predicts, betas: table, trained } = fromSchedulerConfig(given);
  if (trained) {
    const { sigmaMin, sigmaMax, rho, sigmaData, trainingSteps: timesteps } = trained;
    return { preconditioning: { kind: 'consistency', sigmaData, sigmaMin }, process: { kind: 'edm', sigmaMin, sigmaMax, rho, timesteps } };
  }
  if (!table || !predicts || predicts === 'flow')
    throw new RangeError(`a network of ${className} is neither one of DDPM's nor a consistency model, the only ones known here`);
  const { betas: rule, trainingSteps, betaStart, betaEnd, zeroTerminalSNR, snrShift = 1 } = table;
  if (typeof rule !== 'string') throw new RangeError('a scheduler with trained_betas is not known here; known: betas by a rule');
  if (zeroTerminalSNR || snrShift !== 1)
    throw new RangeError('a scheduler that rescales or shifts the signal of its betas is not known here');
  return { preconditioning: { kind: 'ddpm', betas: rule, trainingSteps, betaStart, betaEnd, predicts } };
}

/** Return the scheduler_config.json for a model: the inverse of `fromScheduler`. Undefined where there is none that is written here. */
export function toScheduler({ preconditioning, process }: Partial<Scheduled>): Settings | undefined {
  if (preconditioning?.kind === 'ddpm') return toDdpm(preconditioning);
  if (preconditioning?.kind !== 'consistency' || process?.kind !== 'edm' || process.timesteps === undefined) return undefined;
  return toConsistency(preconditioning, process);
}

const toConsistency = ({ sigmaData, sigmaMin }: Consistency, { timesteps, sigmaMax, rho }: Edm): Settings => ({
  ...{ _class_name: consistencyClass, num_train_timesteps: timesteps, sigma_min: sigmaMin ?? consistencyDefaults.sigma_min },
  ...{ sigma_max: sigmaMax ?? consistencyDefaults.sigma_max, sigma_data: sigmaData ?? consistencyDefaults.sigma_data },
  ...{ s_noise: 1, rho: rho ?? consistencyDefaults.rho, clip_denoised: true },
});

const toDdpm = ({ betas: rule = 'linear', predicts = 'eps', trainingSteps = 1000, betaStart = 1e-4, betaEnd = 0.02 }: Ddpm): Settings => ({
  ...{ _class_name: 'DDPMScheduler', beta_schedule: betas[rule], prediction_type: predictions[predicts] },
  ...{ num_train_timesteps: trainingSteps, beta_start: betaStart, beta_end: betaEnd, clip_sample: true },
});
