export { ddim } from './ddim.js';
export { clampedDenoiser, type Denoiser } from './denoiser.js';
export { drain } from './drain.js';
export { float32Space, float32SpaceWithSeed } from './float32-space.js';
export type { VectorSpace } from './vector-space.js';
