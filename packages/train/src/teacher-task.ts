import type { Picked, SetFacts } from '@tract/data';
import {
  averagingOf,
  initTeacher,
  type TeacherSetup,
  type TeacherState,
  teacherGradients,
  teacherSetup,
  teacherUpdate,
} from '@tract/distill';
import { checkArrays, type ModelDescription, modelOf, modelPart, processOf, uploadTree } from '@tract/model';
import { constantRate, cosineRate, withWarmup } from '@tract/optim';
import { lossWeightOf, noiseProcesses, sigmaDataOf } from '@tract/schedules/training';
import { dispose } from '@tract/tensor';
import { initNetwork, type NetworkParams, networkSpec } from '@tract/unet';
import { gradientsOfParts } from './batch-parts.js';
import type { Checkpoint } from './checkpoint.js';
import { type ModelOutput, modelArtifact } from './model-artifact.js';
import { runConfig } from './run-config.js';
import { openTaskImages, type TaskImages } from './task-images.js';
import { type TeacherSettings, updatesOf } from './task-settings.js';
import type { TrainTask } from './train-task.js';
import { trainingBatch } from './training-batch.js';

/** Check the settings of a teacher's training and return its fixed part. @throws RangeError when the settings do not fit each other. */
export function teacherSetupOf(settings: TeacherSettings): TeacherSetup<NetworkParams> {
  const { images, batch, rampImages, warmup = 0, decay = 'cosine', timesteps } = settings;
  const { trainingLevel } = noiseProcesses[processOf(settings).kind];
  if (trainingLevel && timesteps !== undefined)
    throw new RangeError(
      `discrete times are those of the cosine schedule; EDM's levels are drawn continuously, got timesteps ${timesteps}`,
    );
  const rise = rampImages === undefined ? warmup : rampImages / images;
  return teacherSetup({
    ...modelOf(settings),
    totalSteps: updatesOf(settings),
    seed: settings.seed,
    learningRate: settings.learningRate,
    lrSchedule: withWarmup(rise, decay === 'cosine' ? cosineRate() : constantRate),
    clipNorm: settings.clipNorm,
    accumulate: settings.accumulate,
    ema: averagingOf(settings, batch),
    lossWeight: lossWeightOf(settings.lossWeight ?? 'truncated-snr', sigmaDataOf(settings.preconditioning)),
    ...(timesteps !== undefined && { timesteps }),
    ...(trainingLevel && { levelAt: trainingLevel }),
  });
}

/** Settings without those that the model's description has itself. */
const recipeOf = ({ network: _, prediction: _p, preconditioning: _c, process: _s, ...recipe }: TeacherSettings) => recipe;

/** Trees of a state that a checkpoint keeps. */
const treesOf = <T, M>({ params, moments, ema }: { readonly params: T; readonly moments: M; readonly ema: T }) => ({
  params,
  moments,
  ema,
});

function startState(settings: TeacherSettings, from: Checkpoint | undefined): TeacherState<NetworkParams> {
  if (!from) {
    const params = initNetwork(settings.network, settings.seed);
    const state = initTeacher(params);
    dispose(params);
    return state;
  }
  const spec = networkSpec(settings.network);
  const like = treesOf({ params: spec, moments: { m: spec, v: spec }, ema: spec });
  checkArrays(like, from.tensors, from.path);
  return {
    updates: from.state.counters.updates,
    ...(uploadTree(like, from.tensors) as ReturnType<typeof treesOf<NetworkParams, TeacherState<NetworkParams>['moments']>>),
  };
}

/**
 * Make the task of training a teacher. Its run keeps the sampling average as a model in `model/`.
 * @throws RangeError when the settings do not fit each other.
 */
export function teacherTask(settings: TeacherSettings, options: TaskImages & ModelOutput): TrainTask<Picked, NetworkParams> {
  const setup = teacherSetupOf(settings);
  const { network, batch } = settings;
  const describe = (imagesSeen: number, classNames: SetFacts['classNames']): ModelDescription => ({
    ...modelPart(settings),
    samplingSteps: [noiseProcesses[processOf(settings).kind].usualSteps],
    data: settings.data,
    ...(classNames && { classNames }),
    recipe: { ...recipeOf(settings), imagesSeen } as ModelDescription['recipe'],
  });
  return {
    config: runConfig('train', settings),
    fixed: ['batch', 'network', 'prediction'],
    batch,
    totalSteps: setup.totalSteps,
    commitEvery: updatesOf({ images: settings.checkpointEvery, batch }),
    init: async (from) => {
      const images = await openTaskImages(options, settings, network, from);
      let state = startState(settings, from);
      return {
        load: images.pick,
        gradients: (step, picked, parts = {}) => {
          const { x0, ...rest } = trainingBatch(picked, settings, network, step);
          const gradients = gradientsOfParts(parts, (options) => {
            const ofPart = teacherGradients(setup, state, { x0, ...rest }, options);
            state = { ...state, gradBuffer: undefined }; // which are the gradients now
            return ofPart;
          });
          dispose(x0);
          return gradients;
        },
        apply: (step, gradients) => {
          const { state: next, loss, gradNorm } = teacherUpdate(setup, state, gradients);
          state = next;
          const learningRate = setup.learningRate * setup.lrSchedule(step / setup.totalSteps);
          return { loss, gradNorm, metrics: { learningRate, emaMomentum: 1 - setup.ema.rate(state.updates) } };
        },
        trees: () => treesOf(state),
        counters: () => ({ updates: state.updates }),
        badSamples: images.bad,
        data: images.data,
        artifacts: (content) => modelArtifact(describe(content.state.images, images.classNames), content, 'ema', options),
        close: async () => {
          dispose([treesOf(state), state.gradBuffer]);
          await images.close();
        },
      };
    },
  };
}
