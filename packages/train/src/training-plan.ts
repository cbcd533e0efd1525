import type { DiffusionModel } from '@tract/model';
import { networkCost } from '@tract/unet';
import { distillSetupOf, networkFor } from './distill-task.js';
import { type DistillSettings, type RunSettings, type TeacherSettings, updatesOf } from './task-settings.js';
import { teacherSetupOf } from './teacher-task.js';

/** Size and length of a training, worked out without building its network. */
export type TrainingPlan = {
  readonly parameters: number;
  readonly multiplyAdds: {
    /** One network call for one image. */
    readonly call: number;
    /** Everything that an update does for one of its images; a backward pass counts as two calls. */
    readonly update: number;
    readonly whole: number;
  };
  /** Bytes; `activations` are about those that the backward pass of a microbatch needs. */
  readonly memory: { readonly weights: number; readonly copies: number; readonly activations: number };
  readonly updates: number;
  readonly phases: readonly PhasePlan[];
};

export type PhasePlan = { readonly steps?: readonly [from: number, to: number]; readonly updates: number; readonly emaMomentum: number };

/** A forward pass with gradients, in network calls. */
const forwardAndBackward = 3;

const float32 = 4;

/** Images of a microbatch, whose activations are in memory together. */
export const imagesAtOnce = ({ batch, accumulate = 1 }: Pick<RunSettings, 'batch' | 'accumulate'>): number => batch / accumulate;

/** Plan the training of a teacher. @throws RangeError when the settings do not fit each other. */
export function planTraining(settings: TeacherSettings): TrainingPlan {
  const { totalSteps: updates, ema } = teacherSetupOf(settings);
  // Parameters, two moments, gradients and the average.
  return planOf(settings, settings, { calls: forwardAndBackward, copies: 5, phases: [{ updates, emaMomentum: ema.momentum }] });
}

/** Plan a distillation. @throws RangeError when the settings do not fit each other or the teacher. */
export function planDistillation(teacher: DiffusionModel, settings: DistillSettings): TrainingPlan {
  const { phases, phaseFractions, emas, totalSteps, rule } = distillSetupOf(teacher, settings);
  return planOf({ network: networkFor(teacher, settings) }, settings, {
    calls: rule.calls + forwardAndBackward,
    // The student's parameters, moments, gradients and average; its teacher; and perhaps the self-teacher.
    copies: rule.usesSelfTeacher ? 7 : 6,
    phases: phases.map(({ teacherSteps, studentSteps }, i) => ({
      steps: [teacherSteps, studentSteps],
      updates: Math.round(totalSteps * phaseFractions[i]),
      emaMomentum: emas[i].momentum,
    })),
  });
}

type Parts = { readonly calls: number; readonly copies: number; readonly phases: readonly PhasePlan[] };

function planOf(
  { network }: Pick<DiffusionModel, 'network'>,
  settings: Pick<RunSettings, 'images' | 'batch' | 'accumulate'>,
  { calls, copies, phases }: Parts,
): TrainingPlan {
  const { parameters, multiplyAdds: call, activations } = networkCost(network);
  const updates = updatesOf(settings);
  const update = call * calls;
  return {
    parameters,
    multiplyAdds: { call, update, whole: update * updates * settings.batch },
    memory: { weights: parameters * copies * float32, copies, activations: activations * imagesAtOnce(settings) * float32 },
    updates,
    phases,
  };
}
