export { type SweepOptions, type SweepPoint, sweepBatches } from './batch-sweep.js';
export { benchNetwork, type NetworkSize } from './bench-network.js';
export { type ConvolutionSize, type ConvolutionSpeed, convolutionSpeed } from './convolution-speed.js';
export { type KernelProfile, type KernelRow, profileKernels } from './kernel-profile.js';
export { profileTable } from './profile-table.js';
export { type BenchSize, TeacherBench, TractBench } from './step-benches.js';
export { countWork, type StepWork } from './step-work.js';
export { type StepTimes, type TimeOptions, timeSteps } from './time-steps.js';
