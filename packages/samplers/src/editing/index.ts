export { dpmSolver2MInversion } from '../dpm-solver.js';
export { inpaintingDenoiser, type KnownPart, type RepaintOptions, repaint } from '../inpainting.js';
export { ddimInversion, type InversionOptions } from '../inversion.js';
