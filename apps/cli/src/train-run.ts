import { averagingOf, initTeacher, type TeacherSetup, type TeacherState, teacherSetup, teacherStep } from '@tract/distill';
import { checkArrays, downloadTree, modelOf, modelPart, processOf, uploadTree } from '@tract/model';
import { constantRate, cosineRate, withWarmup } from '@tract/optim';
import { lognormalLevel, lossWeightOf, sigmaDataOf } from '@tract/schedules';
import { dispose } from '@tract/tensor';
import { initNetwork, type NetworkParams, networkSpec } from '@tract/unet';
import { setName, withoutPlace } from './data-sets.js';
import { modelCard } from './model-card.js';
import { writeModel } from './model-folder.js';
import { requireFinite } from './not-finite.js';
import type { TrainPreset } from './presets.js';
import { keptCheckpoints, runConfig, updatesOf } from './run-config.js';
import { type Checkpoint, commitRun, modelPath, type RunState } from './run-folder.js';
import type { Work } from './trainer.js';
import { trainingBatch } from './training-batch.js';

export type TrainRun = {
  readonly run: string;
  readonly settings: TrainPreset;
  readonly from?: Checkpoint;
  /** Checkpoints that are kept. */
  readonly keep?: number;
};

/** The fixed part of a teacher's training. @throws RangeError when the settings do not fit each other. */
export function teacherSetupOf(settings: TrainPreset): TeacherSetup<NetworkParams> {
  const { images, batch, rampImages, warmup = 0, decay = 'cosine', timesteps } = settings;
  const isEdm = processOf(settings).kind === 'edm';
  if (isEdm && timesteps !== undefined)
    throw new RangeError(
      `discrete times are those of the cosine schedule; EDM's levels are drawn continuously, got timesteps ${timesteps}`,
    );
  const rise = rampImages === undefined ? warmup : rampImages / images;
  return teacherSetup({
    ...modelOf(settings),
    updates: updatesOf(settings),
    seed: settings.seed,
    learningRate: settings.learningRate,
    schedule: withWarmup(rise, decay === 'cosine' ? cosineRate() : constantRate),
    clipNorm: settings.clipNorm,
    accumulate: settings.accumulate,
    ema: averagingOf(settings, batch),
    lossWeight: lossWeightOf(settings.lossWeight ?? 'truncated-snr', sigmaDataOf(settings.preconditioning)),
    ...(timesteps !== undefined && { timesteps }),
    ...(isEdm && { levelAt: lognormalLevel }),
  });
}

/** Steps that a teacher is drawn with: each costs one network call on the cosine schedule, two on EDM's levels. */
const samplingSteps = { cosine: 64, edm: 18 };

/** What is left of the settings when all that the description says itself is taken out. */
const recipeOf = ({ network: _, prediction: _p, preconditioning: _c, process: _s, ...recipe }: TrainPreset) => recipe;

/** What a checkpoint holds besides numbers. */
const treesOf = <T, M>({ params, moments, ema }: { readonly params: T; readonly moments: M; readonly ema: T }) => ({
  params,
  moments,
  ema,
});

function startState({ settings, from }: TrainRun): TeacherState<NetworkParams> {
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

/** A teacher's training that `runWork` can drive, and `dispose` for its tensors. */
export function trainWork(options: TrainRun): Work & { readonly dispose: () => void } {
  const { settings, run, keep = keptCheckpoints } = options;
  const setup = teacherSetupOf(settings);
  const config = runConfig('train', settings);
  let state = startState(options);
  const commit = async (progress: RunState): Promise<void> => {
    const tensors = new Map(await downloadTree(treesOf(state)));
    requireFinite(tensors, progress.step);
    const data = setName(settings.data);
    const steps = samplingSteps[processOf(settings).kind];
    const recipe = { ...recipeOf(settings), data: withoutPlace(settings.data), imagesSeen: progress.images };
    const description = { ...modelPart(settings), samplingSteps: [steps], data, recipe };
    writeModel(modelPath(run), description, await downloadTree(state.ema), modelCard(description, modelPath(run), progress.seconds));
    // After the model, so that a run whose checkpoint says that it is finished has its model.
    commitRun(run, { config, state: progress, tensors }, keep);
  };
  return {
    run,
    batch: settings.batch,
    totalSteps: setup.updates,
    commitEvery: updatesOf({ images: settings.checkpointEvery, batch: settings.batch }),
    step: (step, picked) => {
      const batch = trainingBatch(picked, settings, settings.network, step);
      const { state: next, loss, gradNorm } = teacherStep(setup, state, batch);
      dispose(batch.x0);
      state = next;
      return { loss, gradNorm };
    },
    facts: (step) => ({
      learningRate: setup.learningRate * setup.schedule(step / setup.updates),
      emaMomentum: 1 - setup.ema.rate(state.updates),
    }),
    counters: () => ({ updates: state.updates }),
    commit,
    dispose: () => dispose(treesOf(state)),
  };
}
