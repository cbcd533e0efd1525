export type { BatchGradientOptions } from './accumulate.js';
export { type AugmentOptions, augmentImage, augmentImages } from './augment/augment-images.js';
export { type Augmentation, augmentLabels, drawAugmentation } from './augment/augmentation.js';
export type { Average, Averaging } from './averaging.js';
export { type AveragingSettings, averagingOf, describeAveraging } from './averaging-settings.js';
export type { Batch, Microbatch } from './batch.js';
export { btd, halvings } from './btd.js';
export { consistencyDistillation, consistencyTraining } from './consistency.js';
export { type DistillOptions, type DistillSetup, distillSetup } from './distill-setup.js';
export { advancePhase, type DistillState, initDistillation } from './distill-state.js';
export { distillGradients, distillStep, distillUpdate, type GradientOptions, type StepResult, studentGradients } from './distill-step.js';
export { type DistillBatch, type DistillTarget, distillTarget } from './distill-target.js';
export { type EasyConsistencyOptions, easyConsistencyTuning } from './easy-consistency.js';
export { drawStartPoints, jumpOf, type StartPoint } from './grid-jumps.js';
export { type ImprovedConsistencyOptions, improvedConsistencyTraining } from './improved-consistency.js';
export { type MultistepConsistencyOptions, multistepConsistency } from './multistep-consistency.js';
export { addNoise, cosineNoiseGrid, edmNoiseGrid, type NoiseGrid, processGrid } from './noise-grid.js';
export { type Phase, phaseAt, phaseFractions, phaseProgress, phaseStepsFault, phasesOf } from './phases.js';
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
export { type DenoiserOptions, denoiserOf, type SampleOptions, sampleImages } from './sample.js';
export { shortcut } from './shortcut.js';
export { type SplitJump, type SplitJumpOptions, splitJump } from './split-jump.js';
export { splitMeanFlow } from './split-mean-flow.js';
export { streams } from './streams.js';
export type {
  Clip,
  DrawContext,
  Jump,
  Predictor,
  PredictorOptions,
  RuleDefaults,
  Target,
  TargetContext,
  TargetRule,
} from './target-rule.js';
export { type Method, methods, type RuleOptions, ruleOf, type TeacherStep, targetRules } from './target-rules.js';
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
export { type TwoPredictions, twoPredictions } from './two-predictions.js';
