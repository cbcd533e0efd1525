import { ddpmSigmas, type NoiseLevel, ratioLevel, roundHalfEven, sigmaAt, spacedTimesteps, timestepOf } from '@tract/schedules';
import { repaint } from '../inpainting.js';
import { ddimInversion } from '../inversion.js';
import { type Plan, readClipping, readPrediction, renumbered, scaledAnswers, yesOrNo } from './plan.js';
import { levelAtTimestep, readBetas, readNoises, timestepOfLevel } from './scheduler-grids.js';
import { SchedulerConfigError, type SchedulerSettings } from './scheduler-settings.js';
import { plainDpm, readInverseMultistep } from './solver-runs.js';

/** DDIM from an image to noise. The network is asked for eps with the image of the step's start and the time of its end. */
function ddimInversePlan(settings: SchedulerSettings): Plan {
  const betas = readBetas(settings);
  const table = ddpmSigmas(betas);
  const { clamp } = readClipping(settings, true);
  const predicts = readPrediction(settings);
  const spacing = settings.oneOf<'leading' | 'trailing'>('timestep_spacing', 'leading', ['leading', 'trailing']);
  const offset = settings.number('steps_offset', 0);
  const first = settings.oneOf('set_alpha_to_one', true, yesOrNo) ? { alpha: 1, sigma: 0 } : levelAtTimestep(table, 0);
  if (first.sigma > 0 && spacing === 'leading' && offset === 0)
    throw new SchedulerConfigError(
      'fromSchedulerConfig: DDIMInverseScheduler without set_alpha_to_one whose first step has no length; give steps_offset',
    );
  if (first.sigma === 0 && predicts === 'x0')
    throw new SchedulerConfigError(
      'fromSchedulerConfig: DDIMInverseScheduler with prediction_type "sample" and set_alpha_to_one, where an image has no noise',
    );
  return {
    ...{ scales: { predicts: 'eps' }, betas, asksAtEnd: true, timeOf: (level) => timestepOfLevel(table, level) },
    adapt: (space, network, { levels }) =>
      scaledAnswers(space, network, ({ level }) => {
        const { alpha, sigma } = levels[levels.indexOf(level) - 1];
        return { eps: [0, 1] as const, v: [sigma, alpha] as const, x0: [1 / sigma, -alpha / sigma] as const, flow: [0, 1] as const }[
          predicts
        ];
      }),
    sample: (space, denoise, x0, levels, run) => ddimInversion(space, denoise, x0, levels, { clamp, ...run }),
    grid: (steps) => {
      const times = spacedTimesteps(steps, { spacing, offset, trainingSteps: table.length }).reverse();
      return { times, levels: [first, ...times.map((timestep) => levelAtTimestep(table, timestep))] };
    },
  };
}

/** DPM-Solver++(2M) from an image, which has the noise of the first level, to the noisiest one. */
function dpmInversePlan(settings: SchedulerSettings): Plan {
  plainDpm(settings);
  settings.oneOf('use_flow_sigmas', false, [false]);
  const betas = readBetas(settings);
  const table = ddpmSigmas(betas);
  const trainingSteps = table.length;
  const noise = readNoises(settings);
  const spacing = settings.oneOf('timestep_spacing', 'linspace', ['linspace', 'leading', 'trailing']);
  const offset = settings.number('steps_offset', 0);
  const timesOf = (steps: number) =>
    spacing === 'trailing'
      ? spacedTimesteps(steps, { trainingSteps }).reverse()
      : spacedTimesteps(steps + 1, { spacing, offset, trainingSteps })
          .reverse()
          .slice(0, steps)
          .map(roundHalfEven);
  const grid = (steps: number) => {
    let times = timesOf(steps);
    let sigmas = times.map((timestep) => sigmaAt(table, timestep));
    const noisiest = table[trainingSteps - 1];
    if (noise) {
      sigmas = noise[1](steps, { sigmaMin: table[0], sigmaMax: noisiest }).slice(0, -1).reverse();
      times = sigmas.map((sigma) => timestepOf(table, sigma)).map(noise[0] === 'use_karras_sigmas' ? roundHalfEven : Math.floor);
    }
    if (sigmas[steps - 1] < noisiest * (1 - 1e-12)) sigmas.push(noisiest); // else a last step of no length, which is left out
    return { levels: sigmas.map(ratioLevel), times: times.slice(0, sigmas.length - 1) };
  };
  return {
    ...{ grid, timeOf: (level: NoiseLevel) => timestepOfLevel(table, level), betas, scales: { predicts: readPrediction(settings) } },
    ...readClipping(settings, undefined),
    sample: readInverseMultistep(settings, noise !== undefined || spacing === 'trailing'),
  };
}

/** RePaint, which turns one level later than published and has one draw of noise for both parts of a step. */
function repaintPlan(settings: SchedulerSettings): Plan {
  const betas = readBetas(settings);
  const table = ddpmSigmas(betas);
  const clamp = settings.oneOf('clip_sample', true, yesOrNo) ? 1 : undefined;
  const eta = settings.number('eta', 0);
  return {
    ...{ timeOf: (level: NoiseLevel) => timestepOfLevel(table, level), betas, scales: { predicts: 'eps' }, repaints: true },
    sample: (space, denoise, xT, levels, { repaint: part, ...run } = {}) => {
      if (!part) throw new TypeError('fromSchedulerConfig: RePaintScheduler needs { repaint: { known, mask } } in the options of its run');
      const [count, jump] = [levels.length - 1, part.jump ?? 10];
      const turns = Array.from({ length: Math.max(0, Math.ceil(count / jump) - 1) }, (_, i) => count - i * jump);
      return repaint(
        renumbered(space, (index) => Math.floor(index / 3)),
        denoise,
        xT,
        levels,
        { eta, clamp, turns, ...part, ...run },
      );
    },
    grid: (steps) => {
      const times = spacedTimesteps(steps, { spacing: 'leading', trainingSteps: table.length });
      return { times, levels: [...times.map((timestep) => levelAtTimestep(table, timestep)), { alpha: 1, sigma: 0 }] };
    },
  };
}

export const imagePlans: Readonly<Record<string, (settings: SchedulerSettings) => Plan>> = {
  DDIMInverseScheduler: ddimInversePlan,
  DPMSolverMultistepInverseScheduler: dpmInversePlan,
  RePaintScheduler: repaintPlan,
};
