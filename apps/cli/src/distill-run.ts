import {
  advancePhase,
  averagingOf,
  type DistillSetup,
  type DistillState,
  distillSetup,
  distillStep,
  initDistillation,
  phaseAt,
  phaseProgress,
  processGrid,
  ruleOf,
} from '@tract/distill';
import { checkArrays, type DiffusionModel, downloadTree, modelOf, modelPart, processOf, uploadParams, uploadTree } from '@tract/model';
import { constantRate, cosineRate, linearRate } from '@tract/optim';
import { lossWeightOf, type NoiseProcess, sigmaDataOf } from '@tract/schedules';
import { dispose } from '@tract/tensor';
import { type NetworkParams, networkSpec } from '@tract/unet';
import { setName, withoutPlace } from './data-sets.js';
import { usageError } from './errors.js';
import { modelCard } from './model-card.js';
import { type StoredModel, writeModel } from './model-folder.js';
import { requireFinite } from './not-finite.js';
import type { DistillPreset } from './presets.js';
import { keptCheckpoints, runConfig, updatesOf } from './run-config.js';
import { type Checkpoint, commitRun, modelPath, type RunState } from './run-folder.js';
import type { Work } from './trainer.js';
import { trainingBatch } from './training-batch.js';

export type DistillRun = {
  readonly run: string;
  readonly settings: DistillPreset;
  readonly teacher: StoredModel;
  readonly from?: Checkpoint;
  /** Checkpoints that are kept. */
  readonly keep?: number;
};

const decays = { constant: constantRate, cosine: cosineRate(), linear: linearRate };

/** The fixed part of a distillation. @throws RangeError when the settings do not fit each other or the teacher. */
export function setupOf(teacher: DiffusionModel, settings: DistillPreset): DistillSetup<NetworkParams> {
  const { schedule, clip } = settings;
  const process = processOf(teacher);
  return distillSetup({
    ...modelOf(teacher),
    phaseSteps: schedule,
    timesteps: gridSteps(process, schedule),
    process: (timesteps) => processGrid(process, timesteps),
    updates: updatesOf(settings),
    phaseWeights: settings.phaseWeights,
    rule: { ...ruleOf(settings, process), ...(clip !== undefined && { clip }) },
    lossWeight: lossWeightOf(settings.lossWeight, sigmaDataOf(teacher.preconditioning)),
    noisyShare: settings.noisyShare,
    seed: settings.seed,
    learningRate: settings.learningRate,
    schedule: decays[settings.decay],
    clipNorm: settings.clipNorm,
    accumulate: settings.accumulate,
    selfTeacherMomentum: settings.selfEma,
    ema: averagingOf(settings, settings.batch),
    restart: settings.restart,
    clipStudent: settings.clipStudent,
    huberWidth: settings.huberWidth === 0 ? undefined : settings.huberWidth,
    huberOver: settings.huberOver,
  });
}

/** Steps of the grid of levels: a student that is distilled again keeps to its own. */
const gridSteps = (process: NoiseProcess, [first]: readonly number[]): number =>
  process.kind === 'edm' ? (process.timesteps ?? first) : first;

/** What a student is: its teacher, which from here on knows the levels of its grid alone. */
function studentModel(teacher: DiffusionModel, { schedule }: DistillPreset): DiffusionModel {
  const process = processOf(teacher);
  return modelPart(process.kind === 'edm' ? { ...teacher, process: { ...process, timesteps: gridSteps(process, schedule) } } : teacher);
}

/** The trees of a state: what a checkpoint holds besides numbers. */
const treesOf = <T>({
  student,
  selfTeacher,
  studentEma,
  teacher,
  moments,
}: Pick<DistillState<T>, 'student' | 'selfTeacher' | 'studentEma' | 'teacher' | 'moments'>) => ({
  student,
  ...(selfTeacher !== undefined && { selfTeacher }),
  studentEma,
  teacher,
  moments,
});

function startState(setup: DistillSetup<NetworkParams>, { teacher, from }: DistillRun): DistillState<NetworkParams> {
  if (!from) {
    const params = uploadParams(teacher);
    const state = initDistillation(setup, params);
    dispose(params);
    return state;
  }
  const spec = networkSpec(teacher.network);
  const selfTeacher = setup.rule.second === 'selfTeacher' ? spec : undefined;
  const like = treesOf({ student: spec, selfTeacher, studentEma: spec, teacher: spec, moments: { m: spec, v: spec } });
  checkArrays(like, from.tensors, from.path);
  const { phase, updates } = from.state.counters;
  if (phaseAt(from.state.step / setup.updates, setup.shares) < phase)
    throw usageError(
      `${from.path} is in phase ${phase + 1}, which these settings begin later; keep --images and --phase-weights as they were`,
    );
  return { step: from.state.step, phase, updates, ...(uploadTree(like, from.tensors) as ReturnType<typeof treesOf<NetworkParams>>) };
}

/** A distillation that `runWork` can drive, and `dispose` for its tensors. */
export function distillWork(options: DistillRun): Work & { readonly dispose: () => void } {
  const { settings, run, teacher, keep = keptCheckpoints } = options;
  const setup = setupOf(teacher, settings);
  const config = runConfig('distill', settings);
  let state = startState(setup, options);
  const commit = async (progress: RunState): Promise<void> => {
    const tensors = new Map(await downloadTree(treesOf(state)));
    requireFinite(tensors, progress.step);
    const steps = setup.phases[state.phase].studentSteps;
    const description = {
      ...studentModel(teacher, settings),
      samplingSteps: [steps],
      data: setName(settings.data),
      recipe: { ...settings, data: withoutPlace(settings.data), imagesSeen: progress.images },
    };
    writeModel(modelPath(run), description, await downloadTree(state.studentEma), modelCard(description, modelPath(run), progress.seconds));
    // After the model, so that a run whose checkpoint says that it is finished has its model.
    commitRun(run, { config, state: progress, tensors }, keep);
  };
  return {
    run,
    batch: settings.batch,
    totalSteps: setup.updates,
    commitEvery: updatesOf({ images: settings.checkpointEvery, batch: settings.batch }),
    step: (step, picked) => {
      state = advancePhase(setup, state);
      const batch = trainingBatch(picked, settings, teacher.network, step);
      const { state: next, loss, gradNorm } = distillStep(setup, state, batch);
      dispose(batch.x0);
      state = next;
      return { loss, gradNorm };
    },
    facts: (step) => {
      const { teacherSteps, studentSteps } = setup.phases[state.phase];
      const learningRate = setup.learningRate * setup.schedule(phaseProgress(step / setup.updates, setup.shares));
      return { phase: `${teacherSteps}->${studentSteps}`, learningRate, emaMomentum: 1 - setup.emas[state.phase].rate(state.updates) };
    },
    counters: () => ({ phase: state.phase, updates: state.updates }),
    commit,
    dispose: () => dispose(treesOf(state)),
  };
}
