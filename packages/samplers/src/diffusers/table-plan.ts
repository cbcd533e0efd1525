import type { DdpmBetas } from '@tract/schedules';
import { ancestral, ddim } from '../ddim.js';
import { dpmSolverSDE } from '../dpm-solver-2s.js';
import { dpm2, dpm2Ancestral } from '../dpm2.js';
import { lms } from '../eps-multistep.js';
import { heun } from '../heun.js';
import { anyDdpmPrediction, type Plan, type PredictionType, type Run, readClipping, readPrediction, yesOrNo } from './plan.js';
import { readBetas, solverFlowGrids, tableGrids } from './scheduler-grids.js';
import type { SchedulerSettings } from './scheduler-settings.js';
import {
  cogVideoDpm,
  plainDpm,
  readAncestral,
  readDeis,
  readEuler,
  readMultistep,
  readPndm,
  readSaSolver,
  readSinglestep,
  readUnipc,
} from './solver-runs.js';

/** A class whose network was trained on a table of betas. */
type TableClass = {
  readonly convention: 'each' | 'whole' | 'between';
  /** The usual spacing; 'only-linspace' where there is no other. */
  readonly spacing?: string;
  readonly final?: string;
  /** True for predictors with a corrector, which works in a last step of no length too. */
  readonly corrects?: boolean;
  /** True for Stable Diffusion's range of betas where the file gives none, 'scaled' with its rule too. */
  readonly latent?: boolean | 'scaled';
  /** Undefined where the class cannot clip. */
  readonly clips?: boolean;
  readonly flow?: 'below-one' | 'one';
  readonly predicts?: readonly PredictionType[];
  /** Further settings that are checked. */
  readonly check?: (settings: SchedulerSettings) => void;
  readonly sample: (settings: SchedulerSettings, betas: DdpmBetas) => Run;
};

const plain = (sample: Run) => () => sample;
const ddimClass: TableClass = { convention: 'whole', spacing: 'leading', final: 'alpha', clips: true, sample: plain(ddim) };
const ddpmClass: TableClass = { convention: 'whole', spacing: 'leading', clips: true, sample: readAncestral };
const cogVideoClass: TableClass = { convention: 'whole', spacing: 'leading', final: 'alpha', latent: 'scaled', sample: plain(ddim) };

const tables: Readonly<Record<string, TableClass>> = {
  DDIMScheduler: ddimClass,
  DDIMParallelScheduler: ddimClass,
  DDPMScheduler: ddpmClass,
  DDPMParallelScheduler: ddpmClass,
  CogVideoXDDIMScheduler: cogVideoClass,
  CogVideoXDPMScheduler: { ...cogVideoClass, sample: plain(cogVideoDpm) },
  EulerDiscreteScheduler: { convention: 'each', final: 'setting', sample: readEuler },
  EulerAncestralDiscreteScheduler: { convention: 'each', sample: plain(ancestral) },
  HeunDiscreteScheduler: { convention: 'each', latent: true, clips: false, sample: plain(heun) },
  KDPM2DiscreteScheduler: { convention: 'each', latent: true, sample: plain(dpm2) },
  KDPM2AncestralDiscreteScheduler: { convention: 'each', latent: true, sample: plain(dpm2Ancestral) },
  LMSDiscreteScheduler: { convention: 'each', sample: plain(lms) },
  DPMSolverSDEScheduler: { convention: 'each', latent: true, sample: plain(dpmSolverSDE) },
  DPMSolverMultistepScheduler: { convention: 'between', final: 'setting', flow: 'below-one', check: plainDpm, sample: readMultistep },
  DPMSolverSinglestepScheduler: {
    ...{ convention: 'between', spacing: 'only-linspace', final: 'setting', flow: 'below-one', check: plainDpm },
    sample: readSinglestep,
  },
  UniPCMultistepScheduler: { convention: 'between', final: 'setting', corrects: true, flow: 'one', sample: readUnipc },
  DEISMultistepScheduler: { convention: 'between', final: 'table', flow: 'below-one', sample: readDeis },
  SASolverScheduler: { convention: 'between', final: 'table', corrects: true, check: plainDpm, sample: readSaSolver },
  PNDMScheduler: { convention: 'whole', spacing: 'leading', final: 'alpha-false', predicts: ['epsilon'], sample: readPndm },
};

function tablePlan(settings: SchedulerSettings, kind: TableClass): Plan {
  const { convention, spacing, final, corrects: asksLast, latent, clips, flow, predicts = anyDdpmPrediction, check, sample } = kind;
  check?.(settings);
  if (flow && settings.oneOf('use_flow_sigmas', false, yesOrNo))
    return {
      ...solverFlowGrids(settings, flow),
      scales: { predicts: readPrediction(settings, [...anyDdpmPrediction, 'flow_prediction']), input: 'flow' },
      ...readClipping(settings, clips),
      sample: sample(settings, {}),
    };
  const [low, high] = latent ? [0.00085, 0.012] : [0.0001, 0.02];
  const betas = readBetas(settings, low, high, latent === 'scaled' ? 'scaled_linear' : 'linear');
  const toOne = final?.startsWith('alpha') && settings.oneOf('set_alpha_to_one', final === 'alpha', yesOrNo);
  const end = final?.startsWith('alpha') ? (toOne ? 'zero' : 'sigma_min') : final;
  return {
    ...tableGrids(settings, betas, convention, { spacing, final: end, asksLast }),
    scales: { predicts: readPrediction(settings, predicts) },
    betas,
    ...readClipping(settings, clips),
    sample: sample(settings, betas),
  };
}

export const tablePlans: Readonly<Record<string, (settings: SchedulerSettings) => Plan>> = Object.fromEntries(
  Object.entries(tables).map(([name, kind]) => [name, (settings: SchedulerSettings) => tablePlan(settings, kind)]),
);
