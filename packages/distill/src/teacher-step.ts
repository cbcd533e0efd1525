import { adam, type OptimizerState } from '@tract/optim';
import type { NoiseLevel } from '@tract/schedules';
import { randomUniforms, reusable, squaredError, type Tensor, type Tree, type ValueAndGrads, valueAndGrad } from '@tract/tensor';
import { accumulated, type BatchGradientOptions, requireMicrobatches } from './accumulate.js';
import { type Batch, drawNoise, microbatchOf, requireBatch } from './batch.js';
import type { DistillState } from './distill-state.js';
import type { StepResult } from './distill-step.js';
import { addNoise } from './noise-grid.js';
import { type Model, type PredictOptions, predictRaw, predictX0, trueOutput, x0ErrorPerOutput } from './prediction.js';
import { streams } from './streams.js';
import type { TeacherSetup, TimeDraw } from './teacher-setup.js';

/** State of a teacher in training between two steps: parameters, moments and the sampling average `ema`; consumed by each step. */
export type TeacherState<P> = Omit<OptimizerState<P>, 'averages'> & Pick<DistillState<P>, 'gradBuffer'> & { readonly ema: P };

/** Batch of a teacher's training. Without `noise` and `times` they are drawn: a function of the setup's seed, the state's updates and the place in the batch. */
export type TeacherBatch = Batch & {
  /** Row of numbers per image that says how it was augmented, for a network that is conditioned on it; see `augmentImages`. */
  readonly augment?: readonly (readonly number[])[];
  /** One time in [0, 1] per image, which the setup's `levelAt` makes a noise level; 0 is clean. */
  readonly times?: readonly number[];
};

/** Make the state before the first step. The parameters stay the caller's. */
export function initTeacher<P extends Tree<Tensor>>(params: P): TeacherState<P> {
  const { averages, ...state } = adam().init(params, 1);
  return { ...state, ema: averages[0] };
}

/**
 * Train a denoiser by one step: `teacherGradients`, then `teacherUpdate`. Consumes the state.
 *
 * @throws RangeError when the run is over, or the batch does not fit.
 */
export const teacherStep = <P extends Tree<Tensor>>(
  setup: TeacherSetup<P>,
  state: TeacherState<P>,
  batch: TeacherBatch,
): StepResult<TeacherState<P>> => teacherUpdate(setup, state, teacherGradients(setup, state, batch));

/**
 * Compute the loss of a batch, summed over pixels and averaged over images, and its gradients: noise the images, predict, compare. A network that drops
 * features out does so here, as a function of seed, updates and place in the batch. Leaves the state usable, but consumes its gradient buffer. The listener hears
 * of gradients that are final for the part of the batch; see `valueAndGrad`.
 *
 * @throws RangeError when the run is over, or the batch does not fit.
 */
export function teacherGradients<P extends Tree<Tensor>>(
  setup: TeacherSetup<P>,
  state: TeacherState<P>,
  batch: TeacherBatch,
  batchOptions: BatchGradientOptions<P> = {},
): ValueAndGrads<P> {
  if (state.updates >= setup.totalSteps) throw new RangeError(`teacherGradients: the run's ${setup.totalSteps} steps are done`);
  requireBatch('teacherGradients', batch, { times: batch.times?.length, augment: batch.augment?.length });
  const images = batch.x0.shape[0];
  requireMicrobatches('teacherGradients', images, setup.accumulate);
  const key = { seed: setup.seed, step: state.updates };
  const times = batch.times ?? drawTimes(setup.times, key, images, setup.timesteps);
  return accumulated<P>(images, setup.accumulate, batchOptions, (microbatch, options) => {
    const { x0, labels, augment, ...of } = microbatchOf({ ...batch, times }, microbatch);
    const levels = of.times.map(setup.levelAt);
    const weights = levels.map((level) => setup.lossWeight(level) / images);
    const eps = of.noise ?? drawNoise(batch, { ...key, stream: streams.teacherNoise }, microbatch);
    const xt = addNoise(x0, eps, levels);
    const target = setup.model.prediction === 'x0+eps' ? x0 : trueOutput(setup.model.prediction, x0, eps, levels);
    const conditioning = { labels, augment, training: { ...key, first: microbatch.first } };
    const error = (params: P) => weightedError(setup.model, params, { xt, target, levels, weights, conditioning });
    return valueAndGrad(error, state.params, { ...options, reuse: options.addTo ? undefined : state.gradBuffer });
  });
}

/** Apply the gradients of a batch: one fused update of parameters, moments and average. Consumes state and gradients; hands the loss on. */
export function teacherUpdate<P extends Tree<Tensor>>(
  setup: TeacherSetup<P>,
  state: TeacherState<P>,
  { value: loss, grads }: ValueAndGrads<P>,
): StepResult<TeacherState<P>> {
  const { updates, params, moments, ema } = state;
  const optimizer = adam({ ...setup.adam, clipNorm: setup.clipNorm });
  const { state: next, gradNorm } = optimizer.update({ updates, params, moments, averages: [ema] }, grads, {
    learningRate: setup.learningRate * setup.lrSchedule(updates / setup.totalSteps),
    averageRates: [setup.ema.rate(updates + 1)],
  });
  const { averages, ...kept } = next;
  return { state: { ...kept, ema: averages[0], gradBuffer: reusable(grads) }, loss, gradNorm };
}

/** Draw times for a batch of `count` images: a function of (seed, step). In (0, 1), or with `timesteps` among the multiples of 1/timesteps in (0, 1]. */
export function drawTimes(
  draw: TimeDraw,
  key: { readonly seed: number; readonly step: number },
  count: number,
  timesteps?: number,
): number[] {
  const uniforms = Array.from(randomUniforms({ ...key, stream: streams.teacherTime }, count));
  const times = draw === 'independent' ? uniforms : uniforms.map((u, i) => (i + u) / count);
  return timesteps === undefined ? times : times.map((time) => Math.ceil(time * timesteps) / timesteps);
}

type Denoising = {
  readonly xt: Tensor;
  readonly target: Tensor;
  readonly levels: readonly NoiseLevel[];
  /** Weights of the squared error of x0. */
  readonly weights: readonly number[];
  readonly conditioning: PredictOptions;
};

/**
 * Compute the weighted error of x0. It is measured on the network's own output, where that is another name for it: at the ends of the noise scale x0 is
 * known to few digits or needs a division by almost 0.
 */
function weightedError<P>(model: Model<P>, params: P, { xt, target, levels, weights, conditioning }: Denoising): Tensor {
  if (model.prediction === 'x0+eps') return squaredError(predictX0(model, params, xt, levels, conditioning), target, weights);
  const output = predictRaw(model, params, xt, levels, conditioning);
  return squaredError(
    output,
    target,
    weights.map((weight, i) => weight * x0ErrorPerOutput(model.prediction, levels[i])),
  );
}
