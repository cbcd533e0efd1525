export { type AblationOptions, ablationSampler } from './ablation.js';
export { ancestral, ddim } from './ddim.js';
export { clampedDenoiser, type Denoiser } from './denoiser.js';
export { dpmSolver2M } from './dpm-solver.js';
export { drain } from './drain.js';
export { float32Space, float32SpaceWithSeed } from './float32-space.js';
export { type Churn, edmStochastic, heun } from './heun.js';
export { multistepConsistency } from './multistep-consistency.js';
export type { VectorSpace } from './vector-space.js';
