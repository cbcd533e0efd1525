export { type AblationOptions, ablationSampler } from './ablation.js';
export { ancestral, type DdimOptions, ddim } from './ddim.js';
export { clampedDenoiser, type Denoiser, type ModelCall } from './denoiser.js';
export { type DpmSolverOptions, dpmSolver2M, dpmSolver3M } from './dpm-solver.js';
export { drain } from './drain.js';
export { float16SpaceWith } from './float16-space.js';
export { type ArraySpaceOptions, float32Space, float32SpaceWith, float32SpaceWithSeed } from './float32-space.js';
export { flowHeun } from './flow-heun.js';
export { type Churn, edmStochastic, heun } from './heun.js';
export { ModelAnswerError } from './model-answer-error.js';
export { multistepConsistency } from './multistep-consistency.js';
export { hashNormals, type Normals, normalsPerImage } from './normals.js';
export {
  type Sampler,
  type SamplerEntry,
  type SamplerName,
  type SamplerOptions,
  samplerNames,
  samplerOptionNames,
  samplers,
} from './samplers.js';
export { type NoiseSpan, type PerImage, startNoise, type Term, type VectorSpace } from './vector-space.js';
export type { Progress, RunOptions } from './walk.js';
