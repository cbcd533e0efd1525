import { consistencyPreconditioning } from '@tract/schedules/training';
import { expect, test } from 'vitest';
import { fromScheduler, toScheduler } from './scheduler.js';

/** That of openai's consistency models as diffusers publishes them. */
const published = {
  ...{ _class_name: 'CMStochasticIterativeScheduler', _diffusers_version: '0.18.0.dev0', clip_denoised: true, num_train_timesteps: 40 },
  ...{ rho: 7, s_noise: 1, sigma_data: 0.5, sigma_max: 80, sigma_min: 0.002 },
};

test('the scheduler of consistency models stands for their preconditioning and the levels of their grid', () => {
  const scheduled = fromScheduler(published);
  expect(scheduled).toEqual({
    preconditioning: { kind: 'consistency', sigmaData: 0.5, sigmaMin: 0.002 },
    process: { kind: 'edm', sigmaMin: 0.002, sigmaMax: 80, rho: 7, timesteps: 40 },
  });
  // The pipeline scales the sample by 1 / √(sigma² + 0.25) and calls the network with 1000 · 0.25 · ln(sigma).
  const { cIn, cNoise } = consistencyPreconditioning({ sigmaMin: 0.002 })(80);
  expect([cIn, cNoise]).toEqual([1 / Math.hypot(80, 0.5), 250 * Math.log(80)]);
  const { _diffusers_version: _, ...settings } = published;
  expect(toScheduler(scheduled)).toEqual(settings);
  expect(fromScheduler({ ...published, num_train_timesteps: 201 }).process).toMatchObject({ timesteps: 201 });
  expect(() => fromScheduler({ ...published, sigma_max: '80' })).toThrow(
    'CMStochasticIterativeScheduler with sigma_max "80" is not known here',
  );
});

test('the schedulers of DDPM come back from what they stand for, others are none', () => {
  const ddpm = { _class_name: 'DDPMScheduler', beta_schedule: 'squaredcos_cap_v2', prediction_type: 'v_prediction' };
  const scheduled = fromScheduler(ddpm);
  expect(scheduled.preconditioning).toMatchObject({ kind: 'ddpm', betas: 'cosine', predicts: 'v', trainingSteps: 1000 });
  expect(toScheduler(scheduled)).toMatchObject(ddpm);
  expect(toScheduler({ preconditioning: { kind: 'edm' } })).toBeUndefined();
  expect(() => fromScheduler({ _class_name: 'KarrasVeScheduler' })).toThrow("a network of KarrasVeScheduler is neither one of DDPM's");
});
