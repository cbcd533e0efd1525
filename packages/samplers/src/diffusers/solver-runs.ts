import { type DdpmBetas, ddpmSigmas, type NoiseLevel } from '@tract/schedules';
import { ancestral, ddim } from '../ddim.js';
import { dpmSolverSinglestep } from '../dpm-singlestep.js';
import { dpmSolver2M, dpmSolver2MInversion, dpmSolver3M } from '../dpm-solver.js';
import { deis, plms, pndm } from '../eps-multistep.js';
import { largeVarianceAncestral } from '../large-variance.js';
import { saSolver } from '../sa-solver.js';
import { unipc } from '../unipc.js';
import { type Run, yesOrNo } from './plan.js';
import { levelAtTimestep, timestepOfLevel } from './scheduler-grids.js';
import { SchedulerConfigError, type SchedulerSettings } from './scheduler-settings.js';

/** Settings of a class that are read only to be checked: another value would be another sampler. */
function onlyDefault(settings: SchedulerSettings, defaults: Readonly<Record<string, string | number | boolean>>): void {
  for (const [name, value] of Object.entries(defaults)) settings.oneOf<string | number | boolean>(name, value, [value]);
}

/** Refuse what only the SDE's networks with a learned variance, and grids that are cut at an SNR, have. */
export function plainDpm(settings: SchedulerSettings): void {
  settings.oneOf<string | number>('lambda_min_clipped', Number.NEGATIVE_INFINITY, [Number.NEGATIVE_INFINITY, '-Infinity']);
  settings.oneOf('variance_type', 'none', ['none']);
}

const refused = (settings: SchedulerSettings, what: string) =>
  new SchedulerConfigError(`fromSchedulerConfig: ${settings.className} ${what}`);

/** Read order, noise and weights of a solver of the DPM-Solver family. */
function solverOptions(settings: SchedulerSettings) {
  const algorithm = settings.oneOf('algorithm_type', 'dpmsolver++', ['dpmsolver++', 'sde-dpmsolver++']);
  const order = settings.number('solver_order', 2);
  const solverType = settings.oneOf<'midpoint' | 'heun'>('solver_type', 'midpoint', ['midpoint', 'heun']);
  if (order !== 1 && order !== 2 && !(order === 3 && algorithm === 'dpmsolver++'))
    throw refused(settings, `of solver_order ${order} with ${algorithm}; known: 1 to 3 without noise, 1 and 2 with`);
  return { order, eta: algorithm === 'dpmsolver++' ? 0 : 1, solverType };
}

export function readMultistep(settings: SchedulerSettings): Run {
  const { order, eta, solverType } = solverOptions(settings);
  const lower = settings.oneOf('lower_order_final', true, yesOrNo);
  const euler = settings.oneOf('euler_at_final', false, yesOrNo);
  const toNoise = settings.oneOf('final_sigmas_type', 'zero', ['zero', 'sigma_min']) === 'sigma_min';
  if (euler && toNoise && order === 3) throw refused(settings, 'of solver_order 3 with euler_at_final and final_sigmas_type "sigma_min"');
  onlyDefault(settings, { use_lu_lambdas: false });
  const left = toNoise && endsTwice(settings) ? 2 : 1;
  return (space, denoise, xT, levels, run) => {
    const options = { eta, lowerOrderFinal: (euler || (lower && levels.length + left <= 16)) && left, ...run };
    if (order === 1) return (eta === 0 ? ddim : ancestral)(space, denoise, xT, levels, run);
    if (order === 3) return dpmSolver3M(space, denoise, xT, levels, options);
    return dpmSolver2M(space, denoise, xT, levels, { ...options, solverType });
  };
}

/** The same, clean to noisy: a way without noise, of second order. `stays` says that a last step of no length is left out, whose order is the lower one. */
export function readInverseMultistep(settings: SchedulerSettings, stays: boolean): Run {
  const { order, eta, solverType } = solverOptions(settings);
  if (order !== 2 || eta !== 0) throw refused(settings, 'of another order than 2 or with noise');
  const lower = settings.oneOf('lower_order_final', true, yesOrNo);
  settings.oneOf('euler_at_final', false, yesOrNo);
  return (space, denoise, x0, levels, run) =>
    dpmSolver2MInversion(space, denoise, x0, levels, { solverType, lowerOrderFinal: lower && !stays && levels.length <= 15, ...run });
}

export function readSinglestep(settings: SchedulerSettings): Run {
  const options = { ...solverOptions(settings), lowerOrderFinal: settings.oneOf('lower_order_final', false, yesOrNo) };
  if (endsTwice(settings) && settings.oneOf('final_sigmas_type', 'zero', ['zero', 'sigma_min']) === 'sigma_min')
    throw refused(settings, 'with final_sigmas_type "sigma_min" and a distribution that ends there');
  return (space, denoise, xT, levels, run) => dpmSolverSinglestep(space, denoise, xT, levels, { ...options, ...run });
}

/** CogVideoX's DPM-Solver++(2M) SDE, whose last step is of first order. */
export const cogVideoDpm: Run = (space, denoise, xT, levels, run) =>
  dpmSolver2M(space, denoise, xT, levels, { eta: 1, lowerOrderFinal: true, ...run });

export function readAncestral(settings: SchedulerSettings): Run {
  if (settings.oneOf('variance_type', 'fixed_small', ['fixed_small', 'fixed_large']) === 'fixed_small') return ancestral;
  settings.oneOf('timestep_spacing', 'leading', ['leading', 'linspace']); // 'trailing' ends with noise there
  return largeVarianceAncestral;
}

export function readEuler(settings: SchedulerSettings): Run {
  onlyDefault(settings, { interpolation_type: 'linear', timestep_type: 'discrete' });
  return ddim;
}

export function readPndm(settings: SchedulerSettings, betas: DdpmBetas): Run {
  if (settings.oneOf('skip_prk_steps', false, yesOrNo)) return plms;
  const table = ddpmSigmas(betas);
  return (space, denoise, xT, levels, run) => {
    if (levels.length < 4) throw new RangeError(`fromSchedulerConfig: ${settings.className} needs 4 steps or more, or skip_prk_steps`);
    const timestepOf = (level: NoiseLevel) => Math.round(timestepOfLevel(table, level));
    const middleOf = (from: NoiseLevel, to: NoiseLevel) =>
      levelAtTimestep(table, timestepOf(to) + Math.floor((timestepOf(from) - timestepOf(to)) / 2));
    return pndm(space, denoise, xT, levels, { middleOf, ...run });
  };
}

export function readUnipc(settings: SchedulerSettings): Run {
  onlyDefault(settings, { predict_x0: true, solver_p: 'none' });
  if (settings.numbers('disable_corrector')?.length) throw refused(settings, 'with disable_corrector');
  const [order, variant] = [settings.number('solver_order', 2), settings.oneOf<'bh1' | 'bh2'>('solver_type', 'bh2', ['bh1', 'bh2'])];
  const toNoise = settings.oneOf('final_sigmas_type', 'zero', ['zero', 'sigma_min']) === 'sigma_min';
  const correctEnd = toNoise && endsTwice(settings);
  const lowerOrderFinal = settings.oneOf('lower_order_final', true, yesOrNo) && (correctEnd ? 2 : 1);
  return (space, denoise, xT, levels, run) => unipc(space, denoise, xT, levels, { order, variant, lowerOrderFinal, correctEnd, ...run });
}

/** True where the grid ends in a step of no length, which is left out but counts for the orders of the last steps. */
const endsTwice = (settings: SchedulerSettings) =>
  ['use_karras_sigmas', 'use_exponential_sigmas', 'use_beta_sigmas'].some((name) => settings.oneOf(name, false, yesOrNo));
/** Steps from the last image on, as `lowerOrderFinal` takes them. */
const finalSteps = (settings: SchedulerSettings, lower: boolean) => lower && (endsTwice(settings) ? 2 : 1);

export function readDeis(settings: SchedulerSettings): Run {
  settings.oneOf('algorithm_type', 'deis', ['deis', 'dpmsolver++']);
  settings.oneOf('solver_type', 'logrho', ['logrho', 'midpoint', 'heun', 'bh1', 'bh2']);
  const [order, lower] = [settings.number('solver_order', 2), settings.oneOf('lower_order_final', true, yesOrNo)];
  const final = finalSteps(settings, lower);
  return (space, denoise, xT, levels, run) =>
    deis(space, denoise, xT, levels, { order, lowerOrderFinal: levels.length <= 16 - Number(final || 1) && final, ...run });
}

export function readSaSolver(settings: SchedulerSettings, betas: DdpmBetas): Run {
  onlyDefault(settings, { algorithm_type: 'data_prediction', use_flow_sigmas: false, tau_func: 'none' });
  const [predictorOrder, correctorOrder] = [settings.number('predictor_order', 2), settings.number('corrector_order', 2)];
  const lowerOrderFinal = finalSteps(settings, settings.oneOf('lower_order_final', true, yesOrNo));
  const table = ddpmSigmas(betas);
  const at = (timestep: number) => table[Math.min(timestep, table.length - 1)];
  const [high, low] = [at(800), at(200)]; // tau is 1 from timestep 200 to 800, its default there
  const tau = ({ alpha, sigma }: NoiseLevel) => (sigma >= low * alpha && sigma <= high * alpha ? 1 : 0);
  return (space, denoise, xT, levels, run) =>
    saSolver(space, denoise, xT, levels, { predictorOrder, correctorOrder, lowerOrderFinal, correctEnd: endsTwice(settings), tau, ...run });
}
