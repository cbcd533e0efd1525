import {
  type DdpmBetas,
  ddpmSigmas,
  edmSigmas,
  exponentialSigmas,
  type NoiseLevel,
  type Preconditioning,
  ratioLevel,
} from '@tract/schedules';
import { ancestral, ddim } from '../ddim.js';
import type { Denoiser } from '../denoiser.js';
import { type DenoiserOptions, denoiserFrom } from '../denoiser-from.js';
import { dpmSolver2M, dpmSolver3M } from '../dpm-solver.js';
import { dpmSolverSDE } from '../dpm-solver-2s.js';
import { dpm2, dpm2Ancestral } from '../dpm2.js';
import { deis, ipndm, lms, plms } from '../eps-multistep.js';
import { flowAncestral } from '../flow-ancestral.js';
import { flowHeun } from '../flow-heun.js';
import type { Guidance } from '../guidance.js';
import { heun } from '../heun.js';
import { lcmDenoiser } from '../lcm-denoiser.js';
import { multistepConsistency } from '../multistep-consistency.js';
import type { Network, NetworkPrediction } from '../network.js';
import { saSolver } from '../sa-solver.js';
import { tcd } from '../tcd.js';
import { unipc } from '../unipc.js';
import type { VectorSpace } from '../vector-space.js';
import type { RunOptions } from '../walk.js';
import { flowGrids, readBetas, type SchedulerGrid, type SchedulerGrids, solverFlowGrids, tableGrids } from './scheduler-grids.js';
import { SchedulerConfigError, type SchedulerSettings, schedulerSettings } from './scheduler-settings.js';

type Run = <T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  run?: RunOptions<T>,
) => AsyncGenerator<T, void, undefined>;

/** A scheduler_config.json as grid, prediction and sampler. */
export type SchedulerPlan = SchedulerGrids & {
  readonly className: string;
  /** Undefined where the network has EDM's preconditioning. */
  readonly predicts?: NetworkPrediction;
  /** Betas of the training, where the class has them. */
  readonly betas?: DdpmBetas;
  /** The network as a denoiser over any vector space, told the times of the grid; thresholds and clamps as the file says. */
  denoiser<T>(space: VectorSpace<T>, network: Network<T>, grid: SchedulerGrid, options?: { readonly guidance?: Guidance<T> }): Denoiser<T>;
  /** Run the sampler on `grid.levels`, from xT of the first level. */
  readonly sample: Run;
  /** Settings of the file that this class does not have, here as in diffusers. */
  readonly ignored: readonly string[];
};

type Plan = SchedulerGrids & {
  readonly scales: { readonly predicts: NetworkPrediction; readonly input?: 'flow' } | { readonly preconditioning: Preconditioning };
  readonly betas?: DdpmBetas;
  readonly clamp?: number;
  readonly threshold?: { readonly part: number; readonly max: number };
  readonly wrap?: <T>(space: VectorSpace<T>, denoise: Denoiser<T>) => Denoiser<T>;
  readonly sample: Run;
};

const yesOrNo = [false, true];
const both = ['midpoint', 'heun'] as const;

function readPrediction(settings: SchedulerSettings, flow = false): NetworkPrediction {
  const names = { epsilon: 'eps', v_prediction: 'v', sample: 'x0', ...(flow && { flow_prediction: 'flow' }) } as const;
  return (names as Record<string, NetworkPrediction>)[settings.oneOf('prediction_type', 'epsilon', Object.keys(names))];
}

function readClipping(settings: SchedulerSettings, clips: boolean | undefined): Pick<Plan, 'clamp' | 'threshold'> {
  if (settings.oneOf('thresholding', false, yesOrNo))
    return { threshold: { part: settings.number('dynamic_thresholding_ratio', 0.995), max: settings.number('sample_max_value', 1) } };
  if (clips === undefined || !settings.oneOf('clip_sample', clips, yesOrNo)) return {};
  return { clamp: settings.number('clip_sample_range', 1) };
}

/** A class whose network was trained on a table of betas. */
type TableClass = {
  readonly convention: 'each' | 'whole' | 'between';
  readonly spacing?: string;
  readonly final?: string;
  /** Betas that diffusers takes where the file gives none. */
  readonly latent?: boolean | 'scaled';
  readonly clips?: boolean;
  readonly flow?: 'below-one' | 'one';
  readonly sample: (settings: SchedulerSettings, betas: DdpmBetas) => Run;
};

const plain = (sample: Run) => () => sample;

function multistepOptions(settings: SchedulerSettings) {
  const algorithm = settings.oneOf('algorithm_type', 'dpmsolver++', ['dpmsolver++', 'sde-dpmsolver++']);
  const order = settings.number('solver_order', 2);
  const solverType = settings.oneOf('solver_type', both[0], both);
  const lower = settings.oneOf('lower_order_final', true, yesOrNo);
  settings.oneOf('euler_at_final', false, yesOrNo);
  settings.oneOf('use_lu_lambdas', false, [false]);
  if (order !== 1 && order !== 2 && !(order === 3 && algorithm === 'dpmsolver++'))
    throw new SchedulerConfigError(
      `fromSchedulerConfig: ${settings.className} of solver_order ${order} with ${algorithm}; known: 1 to 3 without noise, 1 and 2 with`,
    );
  const eta = algorithm === 'dpmsolver++' ? 0 : 1;
  return { order, eta, solverType, lower };
}

const multistep = (settings: SchedulerSettings): Run => {
  const { order, eta, solverType, lower } = multistepOptions(settings);
  return (space, denoise, xT, levels, run) => {
    const options = { eta, lowerOrderFinal: lower && levels.length <= 15, ...run };
    if (order === 1) return (eta === 0 ? ddim : ancestral)(space, denoise, xT, levels, run);
    if (order === 3) return dpmSolver3M(space, denoise, xT, levels, options);
    return dpmSolver2M(space, denoise, xT, levels, { ...options, solverType });
  };
};

const tables: Record<string, TableClass> = {
  DDIMScheduler: { convention: 'whole', spacing: 'leading', final: 'alpha', clips: true, sample: plain(ddim) },
  DDIMParallelScheduler: { convention: 'whole', spacing: 'leading', final: 'alpha', clips: true, sample: plain(ddim) },
  DDPMScheduler: { convention: 'whole', spacing: 'leading', clips: true, sample: readAncestral },
  DDPMParallelScheduler: { convention: 'whole', spacing: 'leading', clips: true, sample: readAncestral },
  EulerDiscreteScheduler: { convention: 'each', final: 'setting', sample: readEuler },
  EulerAncestralDiscreteScheduler: { convention: 'each', sample: plain(ancestral) },
  HeunDiscreteScheduler: { convention: 'each', latent: true, clips: false, sample: plain(heun) },
  KDPM2DiscreteScheduler: { convention: 'each', latent: true, sample: plain(dpm2) },
  KDPM2AncestralDiscreteScheduler: { convention: 'each', latent: true, sample: plain(dpm2Ancestral) },
  LMSDiscreteScheduler: { convention: 'each', sample: plain(lms) },
  DPMSolverSDEScheduler: { convention: 'each', latent: true, sample: plain(dpmSolverSDE) },
  DPMSolverMultistepScheduler: { convention: 'between', final: 'setting', flow: 'below-one', sample: multistep },
  UniPCMultistepScheduler: { convention: 'between', final: 'setting', flow: 'one', sample: readUnipc },
  DEISMultistepScheduler: { convention: 'between', final: 'table', flow: 'below-one', sample: readDeis },
  SASolverScheduler: { convention: 'between', final: 'table', sample: readSaSolver },
  PNDMScheduler: { convention: 'whole', spacing: 'leading', final: 'alpha-false', sample: readPndm },
};

function readAncestral(settings: SchedulerSettings): Run {
  settings.oneOf('variance_type', 'fixed_small', ['fixed_small']);
  return ancestral;
}
function readEuler(settings: SchedulerSettings): Run {
  settings.oneOf('interpolation_type', 'linear', ['linear']);
  settings.oneOf('timestep_type', 'discrete', ['discrete']);
  return ddim;
}
function readPndm(settings: SchedulerSettings): Run {
  settings.oneOf('skip_prk_steps', false, [true]);
  return plms;
}
function readUnipc(settings: SchedulerSettings): Run {
  settings.oneOf('predict_x0', true, [true]);
  if (settings.numbers('disable_corrector')?.length)
    throw new SchedulerConfigError('fromSchedulerConfig: UniPCMultistepScheduler with disable_corrector');
  const [order, variant] = [settings.number('solver_order', 2), settings.oneOf('solver_type', 'bh2', ['bh1', 'bh2'])];
  const lowerOrderFinal = settings.oneOf('lower_order_final', true, yesOrNo);
  return (space, denoise, xT, levels, run) =>
    unipc(space, denoise, xT, levels, { order, variant: variant as 'bh1', lowerOrderFinal, ...run });
}
/** True where the grid ends in a step of no length, which is left out but counts for the orders of the last steps. */
const endsTwice = (settings: SchedulerSettings) =>
  ['use_karras_sigmas', 'use_exponential_sigmas', 'use_beta_sigmas'].some((name) => settings.oneOf(name, false, yesOrNo));
/** Steps from the last image on, as `lowerOrderFinal` takes them. */
const finalSteps = (settings: SchedulerSettings, lower: boolean) => lower && (endsTwice(settings) ? 2 : 1);

function readDeis(settings: SchedulerSettings): Run {
  settings.oneOf('algorithm_type', 'deis', ['deis', 'dpmsolver++']);
  settings.oneOf('solver_type', 'logrho', ['logrho', 'midpoint', 'heun', 'bh1', 'bh2']);
  const [order, lower] = [settings.number('solver_order', 2), settings.oneOf('lower_order_final', true, yesOrNo)];
  const final = finalSteps(settings, lower);
  return (space, denoise, xT, levels, run) =>
    deis(space, denoise, xT, levels, { order, lowerOrderFinal: levels.length <= 16 - Number(final || 1) && final, ...run });
}
function readSaSolver(settings: SchedulerSettings, betas: DdpmBetas): Run {
  settings.oneOf('algorithm_type', 'data_prediction', ['data_prediction']);
  settings.oneOf('use_flow_sigmas', false, [false]);
  const [predictorOrder, correctorOrder] = [settings.number('predictor_order', 2), settings.number('corrector_order', 2)];
  const lowerOrderFinal = finalSteps(settings, settings.oneOf('lower_order_final', true, yesOrNo));
  const table = ddpmSigmas(betas);
  const [high, low] = [sigmaBetween(table, 800), sigmaBetween(table, 200)]; // tau is 1 from timestep 200 to 800, its default there
  const tau = ({ alpha, sigma }: NoiseLevel) => (sigma >= low * alpha && sigma <= high * alpha ? 1 : 0);
  return (space, denoise, xT, levels, run) =>
    saSolver(space, denoise, xT, levels, { predictorOrder, correctorOrder, lowerOrderFinal, tau, ...run });
}
const sigmaBetween = (table: readonly number[], timestep: number) => table[Math.min(timestep, table.length - 1)];

function tablePlan(settings: SchedulerSettings, { convention, spacing, final, latent, clips, flow, sample }: TableClass): Plan {
  if (flow && settings.oneOf('use_flow_sigmas', false, yesOrNo)) {
    const run = sample(settings, {});
    return {
      ...solverFlowGrids(settings, flow),
      scales: { predicts: readPrediction(settings, true), input: 'flow' },
      ...readClipping(settings, clips),
      sample: run,
    };
  }
  const betas = latent ? readBetas(settings, 0.00085, 0.012) : readBetas(settings);
  const toOne = final?.startsWith('alpha') && settings.oneOf('set_alpha_to_one', final === 'alpha', yesOrNo);
  const end = final?.startsWith('alpha') ? (toOne ? 'zero' : 'sigma_min') : final;
  const scales = { predicts: readPrediction(settings) };
  return {
    ...tableGrids(settings, betas, convention, { spacing, final: end }),
    scales,
    betas,
    ...readClipping(settings, clips),
    sample: sample(settings, betas),
  };
}

/** LCM and TCD: every k-th of the training steps of the distillation. */
function distilledPlan(settings: SchedulerSettings): Plan {
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
      const times = Array.from(
        { length: steps },
        (_, i) => (original - Math.floor((i * original) / steps)) * Math.floor(table.length / original) - 1,
      );
      return {
        times,
        levels: [...times.map((timestep) => ratioLevel(table[timestep])), isTcd ? ratioLevel(table[0]) : { alpha: 1, sigma: 0 }],
      };
    },
  };
  const gamma = 0.3; // of TCDScheduler.step, where it is called eta
  const inner = (level: NoiseLevel) => ratioLevel(table[Math.max(0, Math.floor((1 - gamma) * grids.timeOf(level)))]);
  return {
    ...{ ...grids, betas, scales: { predicts: readPrediction(settings) }, ...readClipping(settings, false) },
    ...(!isTcd && { wrap: (space, denoise) => lcmDenoiser(space, denoise, grids.timeOf, { timestepScaling: scaling }) }),
    sample: isTcd
      ? (space, denoise, xT, levels, run) => tcd(space, denoise, xT, levels, levels.slice(1).map(inner), run)
      : multistepConsistency,
  };
}

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

/** The classes with EDM's preconditioning. */
function edmPlan(settings: SchedulerSettings): Plan {
  const cosine = settings.className === 'CosineDPMSolverMultistepScheduler';
  const [low, high, data] = cosine ? [0.3, 500, 1] : [0.002, 80, 0.5];
  const range = {
    sigmaMin: settings.number('sigma_min', low),
    sigmaMax: settings.number('sigma_max', high),
    rho: settings.number('rho', 7),
  };
  const sigmaData = settings.number('sigma_data', data);
  const sign = settings.oneOf('prediction_type', cosine ? 'v_prediction' : 'epsilon', ['epsilon', 'v_prediction']) === 'epsilon' ? 1 : -1;
  const kind = settings.oneOf('sigma_schedule', cosine ? 'exponential' : 'karras', ['karras', 'exponential']);
  const last = settings.oneOf('final_sigmas_type', 'zero', ['zero']);
  const cNoise = cosine ? (sigma: number) => (Math.atan(sigma) * 2) / Math.PI : (sigma: number) => Math.log(sigma) / 4;
  const preconditioning: Preconditioning = (sigma) => {
    const total = Math.hypot(sigma, sigmaData);
    return { cSkip: (sigmaData / total) ** 2, cOut: (sign * sigma * sigmaData) / total, cIn: 1 / total, cNoise: cNoise(sigma) };
  };
  const sample: Run =
    settings.className === 'EDMEulerScheduler'
      ? ddim
      : cosine
        ? (space, denoise, xT, levels, run) =>
            dpmSolver2M(space, denoise, xT, levels, { eta: 1, solverType: settings.oneOf('solver_type', both[0], both), ...run })
        : multistep(settings);
  if (cosine && settings.number('solver_order', 2) !== 2)
    throw new SchedulerConfigError('fromSchedulerConfig: CosineDPMSolverMultistepScheduler of another order than 2');
  return {
    ...{ scales: { preconditioning }, ...readClipping(settings, undefined), sample },
    timeOf: ({ alpha, sigma }) => cNoise(sigma / alpha),
    grid: (steps) => {
      const sigmas = kind === 'karras' ? edmSigmas(steps, range) : exponentialSigmas(steps, { ...range, rho: 1 });
      return { times: sigmas.slice(0, -1).map(cNoise), levels: (last === 'zero' ? sigmas : sigmas).map((sigma) => ({ alpha: 1, sigma })) };
    },
  };
}

/** Consistency models of OpenAI. */
function consistencyPlan(settings: SchedulerSettings): Plan {
  const [sigmaMin, sigmaMax] = [settings.number('sigma_min', 0.002), settings.number('sigma_max', 80)];
  const [sigmaData, rho, total] = [
    settings.number('sigma_data', 0.5),
    settings.number('rho', 7),
    settings.number('num_train_timesteps', 40),
  ];
  settings.oneOf('s_noise' as never, 1 as never, [1 as never]);
  const timeOf = ({ alpha, sigma }: NoiseLevel) => 250 * Math.log(sigma / alpha + 1e-44);
  const table = edmSigmas(total, { sigmaMin, sigmaMax, rho });
  return {
    timeOf,
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

const others: Record<string, (settings: SchedulerSettings) => Plan> = {
  LCMScheduler: distilledPlan,
  TCDScheduler: distilledPlan,
  FlowMatchEulerDiscreteScheduler: flowPlan,
  FlowMatchHeunDiscreteScheduler: flowPlan,
  FlowMatchLCMScheduler: flowPlan,
  FlowMapEulerDiscreteScheduler: flowPlan,
  LTXEulerAncestralRFScheduler: ltxPlan,
  EDMEulerScheduler: edmPlan,
  EDMDPMSolverMultistepScheduler: edmPlan,
  CosineDPMSolverMultistepScheduler: edmPlan,
  CMStochasticIterativeScheduler: consistencyPlan,
  IPNDMScheduler: ipndmPlan,
  SCMScheduler: trigflowPlan,
};

/** Classes of diffusers' schedulers that `fromSchedulerConfig` follows. */
export const schedulerClasses: readonly string[] = [...Object.keys(tables), ...Object.keys(others)].sort();

/**
 * Read a scheduler_config.json of diffusers, its object or its text: grid, prediction and sampler of one of `schedulerClasses`, with that class's defaults.
 * Where diffusers puts a small number for a signal of 0 (2^−24 of zero terminal SNR, 1e-6 of flow sigmas, 1e-8 of IPNDM) the exact limit is taken; the next
 * step of DDIM is the grid's, at any spacing, and goes on from the clamped x0 (`use_clipped_model_output`); SCM's latents are divided by sigma_data.
 *
 * @throws SchedulerConfigError, naming it, for a class or a value that is not known.
 */
export function fromSchedulerConfig(json: unknown): SchedulerPlan {
  const settings = schedulerSettings(json);
  const { className } = settings;
  const table = Object.hasOwn(tables, className) ? tables[className] : undefined;
  const read = Object.hasOwn(others, className) ? others[className] : undefined;
  if (!table && !read)
    throw new SchedulerConfigError(`fromSchedulerConfig: ${className} is not known here; known: ${schedulerClasses.join(', ')}`);
  const { grid, timeOf, scales, betas, clamp, threshold, wrap, sample } = table
    ? tablePlan(settings, table)
    : (read as typeof ltxPlan)(settings);
  return {
    ...{ className, grid, timeOf, betas, sample, ignored: settings.ignored() },
    ...('predicts' in scales && { predicts: scales.predicts }),
    denoiser: (space, network, { levels, times }, { guidance } = {}) => {
      const time = (level: NoiseLevel) => times[levels.indexOf(level)] ?? timeOf(level);
      const base = 'predicts' in scales ? { ...scales, time } : scales;
      const options = { ...base, guidance, ...(clamp !== undefined && { clamp }), ...(threshold && { threshold }) };
      const denoise = denoiserFrom(space, network, options as DenoiserOptions<never> as never);
      return wrap ? wrap(space, denoise) : denoise;
    },
  };
}
