import { edmSigmas, exponentialSigmas, type NoiseLevel } from '@tract/schedules';
import type { Preconditioning } from '@tract/schedules/training';
import { ddim } from '../ddim.js';
import { dpmSolver2M } from '../dpm-solver.js';
import { edmStochastic } from '../heun.js';
import { multistepConsistency } from '../multistep-consistency.js';
import { type Plan, type Run, readClipping, scaledAnswers, yesOrNo } from './plan.js';
import { SchedulerConfigError, type SchedulerSettings } from './scheduler-settings.js';
import { readMultistep } from './solver-runs.js';

/** The classes with EDM's preconditioning. */
function edmPlan(settings: SchedulerSettings): Plan {
  const cosine = settings.className === 'CosineDPMSolverMultistepScheduler';
  const [low, high, data] = cosine ? [0.3, 500, 1] : [0.002, 80, 0.5];
  const [sigmaMin, sigmaMax] = [settings.number('sigma_min', low), settings.number('sigma_max', high)];
  const sigmaData = settings.number('sigma_data', data);
  const sign = settings.oneOf('prediction_type', cosine ? 'v_prediction' : 'epsilon', ['epsilon', 'v_prediction']) === 'epsilon' ? 1 : -1;
  const kind = settings.oneOf('sigma_schedule', cosine ? 'exponential' : 'karras', ['karras', 'exponential']);
  const rho = settings.number('rho', 7);
  settings.oneOf('final_sigmas_type', 'zero', ['zero']);
  const cNoise = cosine ? (sigma: number) => (Math.atan(sigma) * 2) / Math.PI : (sigma: number) => Math.log(sigma) / 4;
  const preconditioning: Preconditioning = (sigma) => {
    const total = Math.hypot(sigma, sigmaData);
    return { cSkip: (sigmaData / total) ** 2, cOut: (sign * sigma * sigmaData) / total, cIn: 1 / total, cNoise: cNoise(sigma) };
  };
  return {
    ...{ scales: { preconditioning }, ...readClipping(settings, undefined) },
    sample: settings.className === 'EDMEulerScheduler' ? ddim : cosine ? readCosineSolver(settings) : readMultistep(settings),
    timeOf: ({ alpha, sigma }) => cNoise(sigma / alpha),
    grid: (steps) => {
      const sigmas = kind === 'karras' ? edmSigmas(steps, { sigmaMin, sigmaMax, rho }) : exponentialSigmas(steps, { sigmaMin, sigmaMax });
      return { times: sigmas.slice(0, -1).map(cNoise), levels: sigmas.map((sigma) => ({ alpha: 1, sigma })) };
    },
  };
}

function readCosineSolver(settings: SchedulerSettings): Run {
  const solverType = settings.oneOf<'midpoint' | 'heun'>('solver_type', 'midpoint', ['midpoint', 'heun']);
  if (settings.number('solver_order', 2) !== 2)
    throw new SchedulerConfigError('fromSchedulerConfig: CosineDPMSolverMultistepScheduler of another order than 2');
  return (space, denoise, xT, levels, run) => dpmSolver2M(space, denoise, xT, levels, { eta: 1, solverType, ...run });
}

/** Consistency models of OpenAI. */
function consistencyPlan(settings: SchedulerSettings): Plan {
  const [sigmaMin, sigmaMax] = [settings.number('sigma_min', 0.002), settings.number('sigma_max', 80)];
  const [sigmaData, rho] = [settings.number('sigma_data', 0.5), settings.number('rho', 7)];
  const total = settings.number('num_train_timesteps', 40);
  settings.oneOf('s_noise', 1, [1]);
  const timeOf = ({ alpha, sigma }: NoiseLevel) => 250 * Math.log(sigma / alpha + 1e-44);
  const table = edmSigmas(total, { sigmaMin, sigmaMax, rho });
  return {
    timeOf,
    trained: { sigmaMin, sigmaMax, rho, sigmaData, trainingSteps: total },
    scales: {
      preconditioning: (sigma) => ({
        cSkip: sigmaData ** 2 / ((sigma - sigmaMin) ** 2 + sigmaData ** 2),
        cOut: ((sigma - sigmaMin) * sigmaData) / Math.hypot(sigma, sigmaData),
        cIn: 1 / Math.hypot(sigma, sigmaData),
        cNoise: timeOf({ alpha: 1, sigma }),
      }),
    },
    ...(settings.oneOf('clip_denoised', true, yesOrNo) && { clamp: 1 }),
    sample: (space, denoise, xT, levels, run) => multistepConsistency(space, denoise, xT, levels, { sigmaMin, ...run }),
    grid: (steps) => {
      const levels = Array.from({ length: steps }, (_, i) => ({ alpha: 1, sigma: table[i * Math.floor(total / steps)] }));
      return { times: levels.map(timeOf), levels: [...levels, { alpha: 1, sigma: sigmaMin }] };
    },
  };
}

/** EDM's stochastic sampler as diffusers first had it: levels from sigma_max² to sigma_min², a network that gives (x0 − x) / sigma, told sigma. */
function karrasVePlan(settings: SchedulerSettings): Plan {
  const [sigmaMin, sigmaMax] = [settings.number('sigma_min', 0.02), settings.number('sigma_max', 100)];
  const options = {
    ...{ churn: settings.number('s_churn', 80), noiseScale: settings.number('s_noise', 1.007) },
    ...{ sMin: settings.number('s_min', 0.05), sMax: settings.number('s_max', 50) },
  };
  const timeOf = ({ alpha, sigma }: NoiseLevel) => sigma / alpha;
  return {
    ...{ timeOf, scales: { predicts: 'eps', input: 'exploding' } },
    adapt: (space, network) => scaledAnswers(space, network, () => [0, -1]),
    sample: (space, denoise, xT, levels, run) => edmStochastic(space, denoise, xT, levels, { ...options, ...run }),
    grid: (steps) => {
      if (!(steps >= 2)) throw new RangeError(`fromSchedulerConfig: KarrasVeScheduler needs 2 steps or more, got ${steps}`);
      const sigmas = exponentialSigmas(steps, { sigmaMin: sigmaMin ** 2, sigmaMax: sigmaMax ** 2 });
      return { times: sigmas.slice(0, -1), levels: sigmas.map((sigma) => ({ alpha: 1, sigma })) };
    },
  };
}

export const edmPlans: Readonly<Record<string, (settings: SchedulerSettings) => Plan>> = {
  EDMEulerScheduler: edmPlan,
  EDMDPMSolverMultistepScheduler: edmPlan,
  CosineDPMSolverMultistepScheduler: edmPlan,
  CMStochasticIterativeScheduler: consistencyPlan,
  KarrasVeScheduler: karrasVePlan,
};
