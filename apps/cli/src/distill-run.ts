import type { ImageSet } from '@tract/data';
import {
  advancePhase,
  type DistillSetup,
  type DistillState,
  distillSetup,
  distillStep,
  initDistillation,
  phaseProgress,
} from '@tract/distill';
import { constantRate, cosineRate } from '@tract/optim';
import { lossWeights } from '@tract/schedules';
import { dispose } from '@tract/tensor';
import { type UNetParams, unetSpec } from '@tract/unet';
import { trainingBatch } from './digits.js';
import { distillCard } from './model-card.js';
import { type StoredModel, uploadParams, writeModel } from './model-folder.js';
import type { DistillPreset } from './presets.js';
import { type Checkpoint, modelPath, type RunState, writeCheckpoint } from './run-folder.js';
import { checkArrays, downloadTree, uploadTree } from './state-tree.js';
import { targetRules } from './target-rules.js';
import type { Work } from './trainer.js';
import { unetModel } from './unet-model.js';

export type DistillRun = {
  readonly run: string;
  readonly settings: DistillPreset;
  readonly teacher: StoredModel;
  readonly images: ImageSet;
  readonly from?: Checkpoint;
};

export const updatesOf = ({ images, batch }: { readonly images: number; readonly batch: number }): number =>
  Math.max(1, Math.round(images / batch));

/** The fixed part of a distillation. @throws RangeError when the settings do not fit each other. */
export const setupOf = ({ network, prediction }: StoredModel, settings: DistillPreset): DistillSetup<UNetParams> =>
  distillSetup({
    ...unetModel(network, prediction),
    phaseSteps: settings.schedule,
    updates: updatesOf(settings),
    phaseWeights: settings.phaseWeights,
    rule: targetRules[settings.method],
    lossWeight: lossWeights[settings.lossWeight],
    seed: settings.seed,
    learningRate: settings.learningRate,
    schedule: settings.decay === 'cosine' ? cosineRate() : constantRate,
    clipNorm: settings.clipNorm,
    selfTeacherMomentum: settings.selfEma,
    ema: { residual: settings.emaResidual },
    restart: settings.restart,
    clipStudent: settings.clipStudent,
    huberWidth: settings.huberWidth === 0 ? undefined : settings.huberWidth,
  });

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

function startState(setup: DistillSetup<UNetParams>, { teacher, from, run }: DistillRun): DistillState<UNetParams> {
  if (!from) {
    const params = uploadParams(teacher);
    const state = initDistillation(setup, params);
    dispose(params);
    return state;
  }
  const spec = unetSpec(teacher.network);
  const selfTeacher = setup.rule.second === 'selfTeacher' ? spec : undefined;
  const like = treesOf({ student: spec, selfTeacher, studentEma: spec, teacher: spec, moments: { m: spec, v: spec } });
  checkArrays(like, from.tensors, `${run}/checkpoint/state.safetensors`);
  const { phase, updates } = from.state.counters;
  return { step: from.state.step, phase, updates, ...(uploadTree(like, from.tensors) as ReturnType<typeof treesOf<UNetParams>>) };
}

/** A distillation that `runWork` can drive, and `dispose` for its tensors. */
export function distillWork(options: DistillRun): Work & { readonly dispose: () => void } {
  const { settings, images, run, teacher } = options;
  const setup = setupOf(teacher, settings);
  let state = startState(setup, options);
  const commit = async (progress: RunState): Promise<void> => {
    const steps = setup.phases[state.phase].studentSteps;
    const description = {
      network: teacher.network,
      prediction: teacher.prediction,
      samplingSteps: [steps],
      data: settings.data,
      recipe: { ...settings, images: progress.images, teacher: settings.teacher },
    };
    writeModel(modelPath(run), description, await downloadTree(state.studentEma), distillCard(settings, progress, steps));
    // After the model, so that a run whose checkpoint says that it is finished has its model.
    writeCheckpoint(run, progress, await downloadTree(treesOf(state)));
  };
  return {
    run,
    batch: settings.batch,
    totalSteps: setup.updates,
    commitEvery: updatesOf({ images: settings.checkpointEvery, batch: settings.batch }),
    step: (step) => {
      state = advancePhase(setup, state);
      const x0 = trainingBatch(images, settings.seed, settings.batch, step);
      const { state: next, loss, gradNorm } = distillStep(setup, state, { x0 });
      dispose(x0);
      state = next;
      return { loss, gradNorm };
    },
    facts: (step) => {
      const { teacherSteps, studentSteps } = setup.phases[state.phase];
      const learningRate = setup.learningRate * setup.schedule(phaseProgress(step / setup.updates, setup.shares));
      return { phase: `${teacherSteps}->${studentSteps}`, learningRate };
    },
    counters: () => ({ phase: state.phase, updates: state.updates }),
    commit,
    dispose: () => dispose(treesOf(state)),
  };
}
