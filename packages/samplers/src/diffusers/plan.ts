import type { DdpmBetas, NoiseLevel } from '@tract/schedules';
import type { Preconditioning } from '@tract/schedules/training';
import type { Denoiser } from '../denoiser.js';
import type { KnownPart } from '../inpainting.js';
import type { Network, NetworkCall, NetworkPrediction } from '../network.js';
import type { VectorSpace } from '../vector-space.js';
import type { RunOptions } from '../walk.js';
import type { SchedulerGrid, SchedulerGrids } from './scheduler-grids.js';
import type { SchedulerSettings } from './scheduler-settings.js';

type PlanRunOptions<T> = RunOptions<T> & {
  /** The eta of `step` in diffusers: noise of the classes of DDIM, 0 by default, and TCD's gamma, 0.3 by default. In [0, 1]. */
  readonly eta?: number;
  /** RePaintScheduler's: the known part, steps that are taken back each time and how often each stretch is walked. */
  readonly repaint?: KnownPart<T> & { readonly jump?: number; readonly resample?: number };
};

export type Run = <T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  run?: PlanRunOptions<T>,
) => AsyncGenerator<T, void, undefined>;

/** EDM's levels, sigma from sigmaMax to sigmaMin even in sigma^(1/rho), and the standard deviation of the data. */
type SchedulerRange = { readonly sigmaMin: number; readonly sigmaMax: number; readonly rho: number; readonly sigmaData: number };

/** Plan of a run: what a scheduler class makes of its settings. */
export type Plan = SchedulerGrids & {
  readonly scales:
    | { readonly predicts: NetworkPrediction; readonly input?: 'flow' | 'exploding' }
    | { readonly preconditioning: Preconditioning };
  readonly betas?: DdpmBetas;
  readonly trained?: SchedulerRange & { readonly trainingSteps: number };
  readonly clamp?: number;
  readonly threshold?: { readonly part: number; readonly max: number };
  /** Turn the network's answer into the prediction that `scales` names. */
  readonly adapt?: <T>(space: VectorSpace<T>, network: Network<T>, grid: SchedulerGrid) => Network<T>;
  readonly wrap?: <T>(space: VectorSpace<T>, denoise: Denoiser<T>) => Denoiser<T>;
  /** True where the network is asked at the end of each step. */
  readonly asksAtEnd?: boolean;
  /** True where the run needs `repaint`. */
  readonly repaints?: boolean;
  readonly sample: Run;
};

export const yesOrNo = [false, true];

const predictions = { epsilon: 'eps', v_prediction: 'v', sample: 'x0', flow_prediction: 'flow' } as const;
export type PredictionType = keyof typeof predictions;

export const anyDdpmPrediction: readonly PredictionType[] = ['epsilon', 'v_prediction', 'sample'];

export const readPrediction = (settings: SchedulerSettings, known = anyDdpmPrediction): NetworkPrediction =>
  predictions[settings.oneOf<PredictionType>('prediction_type', 'epsilon', known)];

/** Read what is done to each x0; `clips` is undefined for classes that cannot clip. */
export function readClipping(settings: SchedulerSettings, clips: boolean | undefined): Pick<Plan, 'clamp' | 'threshold'> {
  const threshold = { part: settings.number('dynamic_thresholding_ratio', 0.995), max: settings.number('sample_max_value', 1) };
  if (settings.oneOf('thresholding', false, yesOrNo)) return { threshold };
  if (clips === undefined) return {};
  const clamp = settings.number('clip_sample_range', 1);
  return settings.oneOf('clip_sample', clips, yesOrNo) ? { clamp } : {};
}

/** Ask a network and take ofX·x + ofAnswer·answer for its answer. */
export const scaledAnswers =
  <T>(space: VectorSpace<T>, network: Network<T>, weights: (call: NetworkCall) => readonly [ofX: number, ofAnswer: number]): Network<T> =>
  async (x, time, call) => {
    const [ofX, ofAnswer] = weights(call);
    const scaled = (answer: T) => {
      const terms = [[ofAnswer, answer] as const, ...(ofX === 0 ? [] : [[ofX, x] as const])];
      const sum = space.combine(terms);
      space.dispose?.(answer);
      return sum;
    };
    const answer = await network(x, time, call);
    return call.pair && Array.isArray(answer) ? [scaled(answer[0]), scaled(answer[1])] : scaled(answer as T);
  };

/** The space with another numbering of its noise; none for undefined. */
export const renumbered = <T>(space: VectorSpace<T>, numberOf: (index: number) => number | undefined): VectorSpace<T> =>
  Object.assign(Object.create(space) as VectorSpace<T>, {
    noise: (like: T, index: number, span: Parameters<VectorSpace<T>['noise']>[2]) => {
      const own = numberOf(index);
      return own === undefined ? space.combine([[0, like]]) : space.noise(like, own, span);
    },
  });
