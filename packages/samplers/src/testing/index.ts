export { countedDenoiser } from './counted-denoiser.js';
export { type Counted, countingSpace } from './counting-space.js';
export { drawsSpace } from './draws-space.js';
export { gaussianDenoiser, gaussianScale } from './gaussian-denoiser.js';
export { numberSpace } from './number-space.js';
