import type { TargetRule } from '@tract/distill';
import type { DiffusionModel } from '@tract/model';
import { networkCost } from '@tract/unet';
import { setupOf } from './distill-run.js';
import type { DistillPreset, TrainPreset } from './presets.js';
import { updatesOf } from './run-config.js';
import { teacherSetupOf } from './train-run.js';

/** What a training comes to, worked out without building its network. */
export type TrainingPlan = {
  readonly parameters: number;
  readonly multiplyAdds: {
    /** Of one network call for one image. */
    readonly call: number;
    /** Of everything that an update does for one of its images; a backward pass counts as two calls. */
    readonly update: number;
    readonly whole: number;
  };
  /** Bytes; `activations` are what the backward pass of a batch, or of a part of it, needs, about. */
  readonly memory: { readonly weights: number; readonly copies: number; readonly activations: number };
  readonly updates: number;
  readonly phases: readonly PhasePlan[];
};

export type PhasePlan = { readonly steps?: readonly [from: number, to: number]; readonly updates: number; readonly emaMomentum: number };

/** A forward pass with gradients, in network calls. */
const forwardAndBackward = 3;

const float32 = 4;

/** Images whose activations are in memory together. */
export const imagesAtOnce = ({ batch, accumulate = 1 }: { readonly batch: number; readonly accumulate?: number }): number =>
  batch / accumulate;

/** @throws RangeError when the settings do not fit each other. */
export function planTraining(settings: TrainPreset): TrainingPlan {
  const { updates, ema } = teacherSetupOf(settings);
  // Parameters, two moments, gradients and the average.
  return planOf(settings, settings, { calls: forwardAndBackward, copies: 5, phases: [{ updates, emaMomentum: ema.momentum }] });
}

/** @throws RangeError when the settings do not fit each other or the teacher. */
export function planDistillation(teacher: DiffusionModel, settings: DistillPreset): TrainingPlan {
  const { phases, shares, emas, updates, rule } = setupOf(teacher, settings);
  return planOf(teacher, settings, {
    calls: callsOfTarget(rule) + forwardAndBackward,
    // The student's parameters, moments, gradients and average; its teacher; and perhaps the self-teacher.
    copies: rule.second === 'selfTeacher' ? 7 : 6,
    phases: phases.map(({ teacherSteps, studentSteps }, i) => ({
      steps: [teacherSteps, studentSteps],
      updates: Math.round(updates * shares[i]),
      emaMomentum: emas[i].momentum,
    })),
  });
}

const callsOfTarget = ({ first }: TargetRule): number => ({ ddim: 1, heun: 2, data: 0 })[first] + 1;

type Parts = { readonly calls: number; readonly copies: number; readonly phases: readonly PhasePlan[] };

function planOf(
  { network }: DiffusionModel,
  settings: { readonly images: number; readonly batch: number; readonly accumulate?: number },
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
