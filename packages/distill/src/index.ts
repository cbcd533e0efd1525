export { type AugmentOptions, augmentImage, augmentImages } from './augment/augment-images.js';
export { type Augmentation, augmentLabels, drawAugmentation } from './augment/augmentation.js';
export { type AveragingSettings, averagingOf, describeAveraging } from './averaging-settings.js';
export type { Batch } from './batch.js';
export { btd, halvings } from './btd.js';
export { consistencyDistillation, consistencyTraining, type MultistepConsistencyOptions, multistepConsistency } from './consistency.js';
export { type DistillOptions, type DistillSetup, distillSetup, type Restart } from './distill-setup.js';
export { advancePhase, type DistillState, initDistillation } from './distill-state.js';
export {
  type DistillBatch,
  type DistillTarget,
  distillGradients,
  distillStep,
  distillTarget,
  distillUpdate,
  type StepResult,
  studentGradients,
} from './distill-step.js';
export { type Phase, phaseAt, phaseProgress, phaseShares, phasesOf } from './phases.js';
export {
  type Conditioning,
  type Model,
  type Network,
  outputChannels,
  type Prediction,
  type PredictOptions,
  preconditionedModel,
  predictions,
  predictX0,
  type Training,
  toX0,
  trueOutput,
} from './prediction.js';
export { addNoise, edmGridProcess, type Process, processGrid, vpProcess } from './process.js';
export { type DenoiserOptions, denoiserOf, type SampleOptions, sampleImages } from './sample.js';
export type { Average, Averaging } from './settings.js';
export { drawJumps, planStep, type StepPlan } from './step-plan.js';
export { streams } from './streams.js';
export { type Draw, type Jump, jumpOf, type TargetRule } from './target-rule.js';
export { type Method, methods, ruleOf, type TeacherStep } from './target-rules.js';
export { ownOutputWeight, type TeacherOptions, type TeacherSetup, type TimeDraw, teacherSetup } from './teacher-setup.js';
export {
  drawTimes,
  initTeacher,
  type TeacherBatch,
  type TeacherState,
  teacherGradients,
  teacherStep,
  teacherUpdate,
} from './teacher-step.js';
export { tract } from './tract.js';
export { type TractEdmOptions, tractEdm } from './tract-edm.js';
