import type { PreconditioningSettings } from '@tract/schedules';
import type { Settings } from '../foreign-checkpoint.js';

type Ddpm = Extract<PreconditioningSettings, { kind: 'ddpm' }>;

/** Schedulers whose noise in training follows from these settings; their steps are not ours. */
const classes = ['DDPMScheduler', 'DDIMScheduler', 'PNDMScheduler', 'DPMSolverMultistepScheduler', 'EulerDiscreteScheduler'];
const betas = new Map<unknown, Ddpm['betas']>([
  ['linear', 'linear'],
  ['scaled_linear', 'scaled-linear'],
  ['squaredcos_cap_v2', 'cosine'],
]);
const predictions = new Map<unknown, Ddpm['predicts']>([
  ['epsilon', 'eps'],
  ['v_prediction', 'v'],
  ['sample', 'x0'],
]);
const defaults = { beta_schedule: 'linear', prediction_type: 'epsilon', num_train_timesteps: 1000, beta_start: 1e-4, beta_end: 0.02 };

/** Return the preconditioning that a scheduler_config.json of diffusers stands for. @throws RangeError that names a setting which is not known. */
export function fromScheduler(given: Settings): Ddpm {
  const settings: Settings = { ...defaults, ...given };
  const only = (name: string, known: readonly unknown[]) => {
    if (known.includes(settings[name])) return;
    const list = known.map((value) => JSON.stringify(value)).join(', ');
    throw new RangeError(`a scheduler with ${name} ${JSON.stringify(settings[name])} is not known here; known: ${list}`);
  };
  only('_class_name', classes);
  only('beta_schedule', [...betas.keys()]);
  only('prediction_type', [...predictions.keys()]);
  only('trained_betas', [undefined, null]);
  only('rescale_betas_zero_snr', [undefined, false]);
  return {
    kind: 'ddpm',
    betas: betas.get(settings.beta_schedule),
    trainingSteps: settings.num_train_timesteps as number,
    betaStart: settings.beta_start as number,
    betaEnd: settings.beta_end as number,
    predicts: predictions.get(settings.prediction_type),
  };
}

/** Return the scheduler_config.json of a DDPMScheduler for a preconditioning: the inverse of `fromScheduler`. */
export function toScheduler({ betas: rule = 'linear', predicts = 'eps', trainingSteps, betaStart, betaEnd }: Ddpm): Settings {
  const nameOf = (names: ReadonlyMap<unknown, unknown>, value: unknown) => [...names].find(([, ours]) => ours === value)?.[0];
  return {
    ...{ _class_name: 'DDPMScheduler', beta_schedule: nameOf(betas, rule), prediction_type: nameOf(predictions, predicts) },
    num_train_timesteps: trainingSteps ?? defaults.num_train_timesteps,
    ...{ beta_start: betaStart ?? defaults.beta_start, beta_end: betaEnd ?? defaults.beta_end, clip_sample: true },
  };
}
