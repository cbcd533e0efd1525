export { type SweepOptions, type SweepPoint, sweepBatches } from './batch-sweep.js';
export { type KernelProfile, type KernelRow, profileKernels } from './kernel-profile.js';
export { type BenchSize, TeacherBench, TractBench } from './step-benches.js';
export { type StepTimes, type TimeOptions, timeSteps } from './time-steps.js';
