export { type AblationOptions, ablationSampler } from '../ablation.js';
export { type EulerMaruyamaOptions, eulerMaruyama } from '../euler-maruyama.js';
export { type PredictorCorrectorOptions, predictorCorrector } from '../langevin-corrector.js';
