import type { NoiseLevel } from '@tract/schedules';
import { ddim } from '../ddim.js';
import { flowAncestral } from '../flow-ancestral.js';
import { flowHeun } from '../flow-heun.js';
import { multistepConsistency } from '../multistep-consistency.js';
import { type Plan, type Run, yesOrNo } from './plan.js';
import { flowGrids } from './scheduler-grids.js';
import { SchedulerConfigError, type SchedulerSettings } from './scheduler-settings.js';

function flowPlan(settings: SchedulerSettings): Plan {
  const runs: Record<string, Run> = {
    FlowMatchEulerDiscreteScheduler: settings.oneOf('stochastic_sampling', false, yesOrNo) ? multistepConsistency : ddim,
    FlowMatchHeunDiscreteScheduler: flowHeun,
    FlowMatchLCMScheduler: multistepConsistency,
    FlowMapEulerDiscreteScheduler: ddim,
  };
  if (settings.className === 'FlowMatchLCMScheduler' && settings.numbers('scale_factors')?.length)
    throw new SchedulerConfigError('fromSchedulerConfig: FlowMatchLCMScheduler with scale_factors');
  return {
    ...flowGrids(settings, settings.className === 'FlowMapEulerDiscreteScheduler'),
    scales: { predicts: 'flow' },
    sample: runs[settings.className],
  };
}

function ltxPlan(settings: SchedulerSettings): Plan {
  const [eta, noiseScale] = [settings.number('eta', 1), settings.number('s_noise', 1)];
  const sample: Run = (space, denoise, xT, levels, run) => flowAncestral(space, denoise, xT, levels, { eta, noiseScale, ...run });
  return { ...flowGrids(settings), scales: { predicts: 'flow' }, sample };
}

/** TrigFlow: alpha = cos t, sigma = sin t of data divided by sigmaData. */
function trigflowPlan(settings: SchedulerSettings): Plan {
  settings.oneOf('prediction_type', 'trigflow', ['trigflow']);
  settings.number('sigma_data', 0.5);
  settings.number('num_train_timesteps', 1000);
  const timeOf = ({ alpha, sigma }: NoiseLevel) => Math.atan2(sigma, alpha);
  return {
    ...{ timeOf, scales: { predicts: 'v' }, sample: multistepConsistency },
    grid: (steps) => {
      const times = Array.from({ length: steps }, (_, i) => 1.5708 * (1 - i / steps)); // max_timesteps, as published
      return { times, levels: [...times.map((t) => ({ alpha: Math.max(0, Math.cos(t)), sigma: Math.sin(t) })), { alpha: 1, sigma: 0 }] };
    },
  };
}

export const flowPlans: Readonly<Record<string, (settings: SchedulerSettings) => Plan>> = {
  FlowMatchEulerDiscreteScheduler: flowPlan,
  FlowMatchHeunDiscreteScheduler: flowPlan,
  FlowMatchLCMScheduler: flowPlan,
  FlowMapEulerDiscreteScheduler: flowPlan,
  LTXEulerAncestralRFScheduler: ltxPlan,
  SCMScheduler: trigflowPlan,
};
