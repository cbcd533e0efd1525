import { linearBetaProcess, type NoiseLevel } from '@tract/schedules';
import { ancestral } from '../ddim.js';
import { ipndm } from '../eps-multistep.js';
import { eulerMaruyama } from '../euler-maruyama.js';
import { predictorCorrector } from '../langevin-corrector.js';
import { type Plan, type Run, renumbered, scaledAnswers } from './plan.js';
import { SchedulerConfigError, type SchedulerSettings } from './scheduler-settings.js';

/** Leave out the noise of the last step. */
const quietEnd =
  (sample: Run): Run =>
  (space, denoise, xT, levels, run) =>
    sample(
      renumbered(space, (index) => (index === levels.length - 2 ? undefined : index)),
      denoise,
      xT,
      levels,
      run,
    );

const even = (steps: number, end: number) => Array.from({ length: steps }, (_, i) => (steps === 1 ? 1 : 1 + (i / (steps - 1)) * (end - 1)));

function ipndmPlan(settings: SchedulerSettings): Plan {
  if (settings.numbers('trained_betas')) throw new SchedulerConfigError('fromSchedulerConfig: IPNDMScheduler with trained_betas');
  settings.number('num_train_timesteps', 1000);
  const timeOf = ({ alpha, sigma }: NoiseLevel) => (Math.atan2(sigma, alpha) / Math.PI) * 2;
  return {
    ...{ timeOf, scales: { predicts: 'v' }, sample: ipndm },
    grid: (steps) => {
      const levels = Array.from({ length: steps + 1 }, (_, i) => {
        const sigma = Math.sin(((1 - i / steps) * Math.PI) / 2) ** 2;
        return { alpha: Math.sqrt(1 - sigma ** 2), sigma };
      });
      return { levels, times: levels.slice(0, -1).map(timeOf) };
    },
  };
}

/** Würstchen's stages: the cosine schedule in time from 1 to 0, alpha² kept within [0.0001, 0.9999]. */
function wuerstchenPlan(settings: SchedulerSettings): Plan {
  const [scaler, offset] = [settings.number('scaler', 1), settings.number('s', 0.008)];
  const cosine = (t: number) => Math.cos(((t + offset) / (1 + offset)) * (Math.PI / 2)) ** 2;
  const bent = (t: number) => (scaler > 1 ? 1 - (1 - t) ** scaler : t ** scaler);
  const level = (t: number): NoiseLevel => {
    const kept = Math.min(0.9999, Math.max(0.0001, cosine(bent(t)) / cosine(0)));
    return { alpha: Math.sqrt(kept), sigma: Math.sqrt(1 - kept) };
  };
  return {
    timeOf: ({ alpha, sigma }) => {
      const turn = (Math.acos(Math.sqrt((cosine(0) * alpha ** 2) / (alpha ** 2 + sigma ** 2))) * 2) / Math.PI;
      const t = turn * (1 + offset) - offset;
      return scaler > 1 ? 1 - (1 - t) ** (1 / scaler) : t ** (1 / scaler);
    },
    ...{ scales: { predicts: 'eps' }, sample: quietEnd(ancestral) },
    grid: (steps) => {
      const times = Array.from({ length: steps + 1 }, (_, i) => 1 - i / steps);
      return { times: times.slice(0, -1), levels: times.map(level) };
    },
  };
}

/** The variance preserving SDE by Euler–Maruyama's steps of width 1 / steps; a network that gives eps, told t in [0, 1]. */
function scoreVpPlan(settings: SchedulerSettings): Plan {
  const betaMin = settings.number('beta_min', 0.1);
  const process = linearBetaProcess({ betaMin, betaRange: settings.number('beta_max', 20) - betaMin });
  const end = settings.number('sampling_eps', 1e-3);
  settings.number('num_train_timesteps', 2000);
  const timeOf = ({ alpha, sigma }: NoiseLevel) => process.timeOf(sigma / alpha);
  const sample: Run = (space, denoise, xT, levels, run) => {
    const exact = { ...process, level: (t: number) => levels.find((level) => timeOf(level) === t) ?? process.level(t) };
    return eulerMaruyama(space, denoise, xT, exact, levels.map(timeOf), { width: 1 / (levels.length - 1), ...run });
  };
  return {
    ...{ timeOf, scales: { predicts: 'eps' }, sample: quietEnd(sample) },
    grid: (steps) => {
      const times = even(steps, end);
      return { times, levels: [...times.map(process.level), { alpha: 1, sigma: 0 }] };
    },
  };
}

/** The variance exploding SDE by predictor and corrector; a network that gives the score, told sigma. */
function scoreVePlan(settings: SchedulerSettings): Plan {
  const [sigmaMin, sigmaMax] = [settings.number('sigma_min', 0.01), settings.number('sigma_max', 1348)];
  const [snr, correctorSteps] = [settings.number('snr', 0.15), settings.number('correct_steps', 1)];
  const end = settings.number('sampling_eps', 1e-5);
  settings.number('num_train_timesteps', 2000);
  const sigmaOf = (t: number) => sigmaMin * (sigmaMax / sigmaMin) ** t;
  return {
    timeOf: ({ alpha, sigma }) => sigma / alpha,
    scales: { predicts: 'eps', input: 'exploding' },
    adapt: (space, network) => scaledAnswers(space, network, ({ level: { alpha, sigma } }) => [0, -sigma / alpha]),
    sample: (space, denoise, xT, levels, run) => predictorCorrector(space, denoise, xT, levels, { snr, correctorSteps, ...run }),
    grid: (steps) => ({
      times: even(steps, end).map(sigmaOf), // what it is told lags a little behind the levels there
      levels: [...even(steps, 0).map((t) => ({ alpha: 1, sigma: sigmaOf(t) })), { alpha: 1, sigma: 0 }],
    }),
  };
}

export const continuousPlans: Readonly<Record<string, (settings: SchedulerSettings) => Plan>> = {
  IPNDMScheduler: ipndmPlan,
  DDPMWuerstchenScheduler: wuerstchenPlan,
  ScoreSdeVpScheduler: scoreVpPlan,
  ScoreSdeVeScheduler: scoreVePlan,
};
