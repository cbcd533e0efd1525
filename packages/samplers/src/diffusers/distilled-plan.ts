import { ddpmSigmas, type NoiseLevel, ratioLevel } from '@tract/schedules';
import { lcmDenoiser } from '../lcm-denoiser.js';
import { multistepConsistency } from '../multistep-consistency.js';
import { requireOption } from '../steps.js';
import { tcd } from '../tcd.js';
import { type Plan, readClipping, readPrediction } from './plan.js';
import { readBetas, type SchedulerGrids } from './scheduler-grids.js';
import type { SchedulerSettings } from './scheduler-settings.js';

/** LCM and TCD: every k-th of the training steps of the distillation. */
export function distilledPlan(settings: SchedulerSettings): Plan {
  const betas = readBetas(settings, 0.00085, 0.012, 'scaled_linear');
  const table = ddpmSigmas(betas);
  const original = settings.number('original_inference_steps', 50);
  const scaling = settings.number('timestep_scaling', 10);
  settings.oneOf('timestep_spacing', 'leading', ['leading', 'linspace', 'trailing']); // diffusers reads it and does not use it
  const isTcd = settings.className === 'TCDScheduler';
  const grids: SchedulerGrids = {
    timeOf: ({ alpha, sigma }) => table.findIndex((one) => one >= (sigma / alpha) * (1 - 1e-12)),
    grid: (steps) => {
      if (!(steps >= 1 && steps <= original)) throw new RangeError(`fromSchedulerConfig: steps must be in [1, ${original}], got ${steps}`);
      const stride = Math.floor(table.length / original);
      const times = Array.from({ length: steps }, (_, i) => (original - Math.floor((i * original) / steps)) * stride - 1);
      const last = isTcd ? ratioLevel(table[0]) : { alpha: 1, sigma: 0 };
      return { times, levels: [...times.map((timestep) => ratioLevel(table[timestep])), last] };
    },
  };
  const inner = (gamma: number) => (level: NoiseLevel) => ratioLevel(table[Math.max(0, Math.floor((1 - gamma) * grids.timeOf(level)))]);
  return {
    ...{ ...grids, betas, scales: { predicts: readPrediction(settings) }, ...readClipping(settings, false) },
    ...(!isTcd && { wrap: (space, denoise) => lcmDenoiser(space, denoise, grids.timeOf, { timestepScaling: scaling }) }),
    sample: isTcd
      ? (space, denoise, xT, levels, { eta = 0.3, ...run } = {}) => {
          requireOption('TCDScheduler', 'eta', eta, 0, 1);
          return tcd(space, denoise, xT, levels, levels.slice(1).map(inner(eta)), run);
        }
      : multistepConsistency,
  };
}
