export { ancestral, type DdimOptions, ddim } from './ddim.js';
export { clampedDenoiser, type Denoiser, type ModelCall } from './denoiser.js';
export { type DenoiserOptions, denoiserFrom, flowTime } from './denoiser-from.js';
export { type DpmSolverOptions, dpmSolver2M, dpmSolver3M } from './dpm-solver.js';
export { dpmSolver2S, dpmSolver2SAncestral, dpmSolverSDE } from './dpm-solver-2s.js';
export { dpm2, dpm2Ancestral } from './dpm2.js';
export { drain } from './drain.js';
export { deis, ipndm, lms, type MultistepOptions, type PndmOptions, plms, pndm } from './eps-multistep.js';
export { type ArraySpaceOptions, float32Space, float32SpaceWith, float32SpaceWithSeed } from './float32-space.js';
export { flowAncestral } from './flow-ancestral.js';
export { flowHeun } from './flow-heun.js';
export type { Guidance } from './guidance.js';
export { type Churn, edmStochastic, heun } from './heun.js';
export { lcmDenoiser } from './lcm-denoiser.js';
export { ModelAnswerError } from './model-answer-error.js';
export { type ConsistencyOptions, multistepConsistency } from './multistep-consistency.js';
export type { Network, NetworkAnswer, NetworkCall, NetworkPrediction } from './network.js';
export { hashNormals, type Normals, normalsPerImage } from './normals.js';
export { type SaSolverOptions, saSolver } from './sa-solver.js';
export {
  type Sampler,
  type SamplerEntry,
  type SamplerName,
  type SamplerOptions,
  samplerNames,
  samplerOptionNames,
  samplers,
  samplersWith,
} from './samplers.js';
export { tcd } from './tcd.js';
export { type UnipcOptions, unipc } from './unipc.js';
export { type NoiseSpan, type PerImage, startNoise, type Term, type VectorSpace } from './vector-space.js';
export type { Progress, RunOptions } from './walk.js';
