export {
  type Checkpoint,
  type CheckpointContent,
  encodeCheckpoint,
  type LogWindow,
  type RunState,
  readCheckpoint,
  type SumRecord,
} from './checkpoint.js';
export { distillSetupOf, distillTask } from './distill-task.js';
export { type MemoryDisk, memoryFiles } from './memory-files.js';
export type { ModelOutput } from './model-artifact.js';
export { type CardFacts, type CardScore, isDigits, modelCard, type Recipe } from './model-card.js';
export { type Locks, opfsFiles } from './opfs-files.js';
export { allTogether, type Ranks } from './ranks.js';
export { changedSettings, type RunConfig, runConfig } from './run-config.js';
export { Diverged, Interrupted, RunBusy, RunDamaged, RunError, type RunErrorKind } from './run-error.js';
export { bytesOfContent, type FileContent, isUnfinished, lockName, piecesOfContent, type RunFiles } from './run-files.js';
export { checkpointPath, type OpenOptions, type RunStore, runNames, runStore, type StoreOptions } from './run-store.js';
export type { TaskImages } from './task-images.js';
export { type BatchSettings, type DistillSettings, type RunSettings, type TeacherSettings, updatesOf } from './task-settings.js';
export { teacherSetupOf, teacherTask } from './teacher-task.js';
export { type TrainOptions, type TrainProgress, train } from './train.js';
export type { Metrics, StepResult, TrainSession, TrainTask } from './train-task.js';
export { type FirstBatch, firstBatch } from './training-batch.js';
export { imagesAtOnce, type PhasePlan, planDistillation, planTraining, type TrainingPlan } from './training-plan.js';
export { type Watched, watchTask } from './watch-task.js';
