import type { ImageSet } from '@tract/data';
import { initTeacher, type TeacherSetup, type TeacherState, teacherSetup, teacherStep } from '@tract/distill';
import { cosineRate, withWarmup } from '@tract/optim';
import { dispose } from '@tract/tensor';
import { initUNet, type UNetParams, unetSpec } from '@tract/unet';
import { trainingBatch } from './digits.js';
import { updatesOf } from './distill-run.js';
import { teacherCard } from './model-card.js';
import { writeModel } from './model-folder.js';
import type { TrainPreset } from './presets.js';
import { type Checkpoint, modelPath, type RunState, writeCheckpoint } from './run-folder.js';
import { checkArrays, downloadTree, uploadTree } from './state-tree.js';
import type { Work } from './trainer.js';
import { unetModel } from './unet-model.js';

export type TrainRun = {
  readonly run: string;
  readonly settings: TrainPreset;
  readonly images: ImageSet;
  readonly from?: Checkpoint;
};

const setupOf = (settings: TrainPreset): TeacherSetup<UNetParams> =>
  teacherSetup({
    ...unetModel(settings.network, settings.prediction),
    updates: updatesOf(settings),
    seed: settings.seed,
    learningRate: settings.learningRate,
    schedule: withWarmup(settings.warmup, cosineRate()),
    clipNorm: settings.clipNorm,
    ema: { residual: settings.emaResidual },
  });

/** What a checkpoint holds besides numbers. */
const treesOf = <T, M>({ params, moments, ema }: { readonly params: T; readonly moments: M; readonly ema: T }) => ({
  params,
  moments,
  ema,
});

function startState({ settings, from, run }: TrainRun): TeacherState<UNetParams> {
  if (!from) {
    const params = initUNet(settings.network, settings.seed);
    const state = initTeacher(params);
    dispose(params);
    return state;
  }
  const spec = unetSpec(settings.network);
  const like = treesOf({ params: spec, moments: { m: spec, v: spec }, ema: spec });
  checkArrays(like, from.tensors, `${run}/checkpoint/state.safetensors`);
  return {
    updates: from.state.counters.updates,
    ...(uploadTree(like, from.tensors) as ReturnType<typeof treesOf<UNetParams, TeacherState<UNetParams>['moments']>>),
  };
}

/** A teacher's training that `runWork` can drive, and `dispose` for its tensors. */
export function trainWork(options: TrainRun): Work & { readonly dispose: () => void } {
  const { settings, images, run } = options;
  const setup = setupOf(settings);
  let state = startState(options);
  const commit = async (progress: RunState): Promise<void> => {
    const { network, prediction, data, ...recipe } = settings;
    const description = { network, prediction, samplingSteps: [64], data, recipe: { ...recipe, images: progress.images } };
    writeModel(modelPath(run), description, await downloadTree(state.ema), teacherCard(settings, progress));
    // After the model, so that a run whose checkpoint says that it is finished has its model.
    writeCheckpoint(run, progress, await downloadTree(treesOf(state)));
  };
  return {
    run,
    batch: settings.batch,
    totalSteps: setup.updates,
    commitEvery: updatesOf({ images: settings.checkpointEvery, batch: settings.batch }),
    step: (step) => {
      const x0 = trainingBatch(images, settings.seed, settings.batch, step);
      const { state: next, loss, gradNorm } = teacherStep(setup, state, { x0 });
      dispose(x0);
      state = next;
      return { loss, gradNorm };
    },
    facts: (step) => ({ learningRate: setup.learningRate * setup.schedule(step / setup.updates) }),
    counters: () => ({ updates: state.updates }),
    commit,
    dispose: () => dispose(treesOf(state)),
  };
}
