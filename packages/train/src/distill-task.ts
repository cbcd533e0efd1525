import type { Picked, SetFacts } from '@tract/data';
import {
  advancePhase,
  averagingOf,
  type DistillSetup,
  type DistillState,
  distillGradients,
  distillSetup,
  distillUpdate,
  initDistillation,
  phaseAt,
  phaseProgress,
  processGrid,
  ruleOf,
} from '@tract/distill';
import {
  checkArrays,
  type DiffusionModel,
  type ModelDescription,
  modelOf,
  modelPart,
  processOf,
  type StoredModel,
  uploadParams,
  uploadTree,
} from '@tract/model';
import { constantRate, cosineRate, linearRate } from '@tract/optim';
import { studentProcess } from '@tract/schedules';
import { jumpWeightOf, knownSteps, type NoiseProcess, sigmaDataOf } from '@tract/schedules/training';
import { dispose } from '@tract/tensor';
import { type NetworkConfig, type NetworkParams, networkSpec, withBothEnds } from '@tract/unet';
import { gradientsOfParts } from './batch-parts.js';
import type { Checkpoint } from './checkpoint.js';
import { type ModelOutput, modelArtifact } from './model-artifact.js';
import { runConfig } from './run-config.js';
import { RunError } from './run-error.js';
import { openTaskImages, type TaskImages } from './task-images.js';
import { type DistillSettings, updatesOf } from './task-settings.js';
import type { TrainTask } from './train-task.js';
import { trainingBatch } from './training-batch.js';

const decays = { constant: constantRate, cosine: cosineRate(), linear: linearRate };

/** Check the settings of a distillation and return its fixed part. @throws RangeError when the settings do not fit each other or the teacher. */
export function distillSetupOf(teacher: DiffusionModel, settings: DistillSettings): DistillSetup<NetworkParams> {
  const { schedule, images, batch } = settings;
  const updates = updatesOf(settings);
  // Each phase has an update of its own, and the last one some more to learn in.
  if (updates < schedule.length)
    throw new RangeError(
      `distillSetupOf: ${images} images in batches of ${batch} are ${updates} ${updates === 1 ? 'update' : 'updates'}, fewer than the ${schedule.length} that ${schedule.length - 1} phases need; give ${schedule.length * batch} or more`,
    );
  const process = processOf(teacher);
  return distillSetup({
    ...modelOf({ ...teacher, network: networkFor(teacher, settings) }),
    phaseSteps: schedule,
    timesteps: gridSteps(process, schedule),
    noiseGrid: (timesteps) => processGrid(process, timesteps),
    totalSteps: updates,
    phaseWeights: settings.phaseWeights,
    rule: ruleOf(settings, process),
    clip: settings.clip,
    lossWeight: jumpWeightOf(settings.lossWeight, sigmaDataOf(teacher.preconditioning)),
    highNoiseFraction: settings.highNoiseFraction,
    seed: settings.seed,
    learningRate: settings.learningRate,
    lrSchedule: decays[settings.decay],
    clipNorm: settings.clipNorm,
    accumulate: settings.accumulate,
    selfTeacherMomentum: settings.selfEma,
    ema: averagingOf(settings, settings.batch),
    reinitStudent: settings.reinitStudent,
    clipStudent: settings.clipStudent,
    huberWidth: settings.huberWidth,
    huberOver: settings.huberOver,
  });
}

/** Network of the student, and of its teacher beside it: the teacher's, with a place for the end of a jump where the method tells it. */
export const networkFor = (teacher: DiffusionModel, settings: DistillSettings): NetworkConfig =>
  ruleOf(settings, processOf(teacher)).bothEnds ? { ...teacher.network, bothEnds: true } : teacher.network;

/** Steps of the grid of levels: a student that is distilled again keeps to its own. */
const gridSteps = (process: NoiseProcess, [first]: readonly number[]): number => knownSteps(process) ?? first;

/** The student as a model: its teacher, which from here on knows the levels of its grid alone. */
function studentModel(teacher: DiffusionModel, settings: DistillSettings): DiffusionModel {
  const { process } = teacher;
  const { schedule } = settings;
  const network = networkFor(teacher, settings);
  return modelPart({ ...teacher, network, ...(process && { process: studentProcess(process, gridSteps(process, schedule)) }) });
}

/** Trees of a state that a checkpoint keeps. */
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

function startState(
  setup: DistillSetup<NetworkParams>,
  teacher: StoredModel,
  network: NetworkConfig,
  from: Checkpoint | undefined,
): DistillState<NetworkParams> {
  if (!from) {
    const given = uploadParams(teacher);
    const params = network.bothEnds ? withBothEnds(teacher.network, given, setup.seed) : given;
    const state = initDistillation(setup, params);
    dispose(params);
    return state;
  }
  const spec = networkSpec(network);
  const selfTeacher = setup.rule.usesSelfTeacher ? spec : undefined;
  const like = treesOf({ student: spec, selfTeacher, studentEma: spec, teacher: spec, moments: { m: spec, v: spec } });
  checkArrays(like, from.tensors, from.path);
  const { phase, updates: optimizerSteps } = from.state.counters;
  if (phaseAt(from.state.step / setup.totalSteps, setup.phaseFractions) < phase)
    throw new RunError(
      'fixed',
      `${from.path} is in phase ${phase + 1}, which these settings begin later`,
      'keep the images and phase weights of the run, or choose another place',
    );
  return { step: from.state.step, phase, optimizerSteps, ...(uploadTree(like, from.tensors) as ReturnType<typeof treesOf<NetworkParams>>) };
}

/**
 * Make the task of distilling a teacher. Its run keeps the student's sampling average as a model in `model/`.
 * @throws RangeError when the settings do not fit each other or the teacher.
 */
export function distillTask(
  settings: DistillSettings,
  teacher: StoredModel,
  options: TaskImages & ModelOutput,
): TrainTask<Picked, NetworkParams> {
  const setup = distillSetupOf(teacher, settings);
  const { batch } = settings;
  const describe = (phase: number, imagesSeen: number, classNames: SetFacts['classNames']): ModelDescription => ({
    ...studentModel(teacher, settings),
    samplingSteps: [setup.phases[phase].studentSteps],
    data: settings.data,
    ...(classNames && { classNames }),
    recipe: { ...settings, imagesSeen } as ModelDescription['recipe'],
  });
  return {
    config: runConfig('distill', settings),
    fixed: ['batch', 'schedule'],
    batch,
    totalSteps: setup.totalSteps,
    commitEvery: updatesOf({ images: settings.checkpointEvery, batch }),
    init: async (from) => {
      const images = await openTaskImages(options, settings, teacher.network, from);
      let state = startState(setup, teacher, networkFor(teacher, settings), from);
      return {
        load: images.pick,
        gradients: (step, picked, parts = {}) => {
          state = advancePhase(setup, state);
          const { x0, labels } = trainingBatch(picked, settings, teacher.network, step);
          const gradients = gradientsOfParts(parts, (options) => {
            const ofPart = distillGradients(setup, state, { x0, labels }, options);
            state = { ...state, gradBuffer: undefined }; // which are the gradients now
            return ofPart;
          });
          dispose(x0);
          return gradients;
        },
        apply: (step, gradients) => {
          const { state: next, loss, gradNorm } = distillUpdate(setup, state, gradients);
          state = next;
          const { teacherSteps, studentSteps } = setup.phases[state.phase];
          const learningRate = setup.learningRate * setup.lrSchedule(phaseProgress(step / setup.totalSteps, setup.phaseFractions));
          const emaMomentum = 1 - setup.emas[state.phase].rate(state.optimizerSteps);
          return { loss, gradNorm, metrics: { phase: `${teacherSteps}->${studentSteps}`, learningRate, emaMomentum } };
        },
        trees: () => treesOf(state),
        counters: () => ({ phase: state.phase, updates: state.optimizerSteps }),
        badSamples: images.bad,
        data: images.data,
        artifacts: (content) =>
          modelArtifact(describe(state.phase, content.state.images, images.classNames), content, 'studentEma', options),
        close: async () => {
          dispose([treesOf(state), state.gradBuffer]);
          await images.close();
        },
      };
    },
  };
}
