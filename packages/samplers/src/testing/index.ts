export { countedDenoiser } from './counted-denoiser.js';
export { gaussianDenoiser, gaussianScale } from './gaussian-denoiser.js';
export { numberSpace } from './number-space.js';
