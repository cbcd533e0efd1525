export { checkDiffusionModel, type DiffusionModel, modelOf, modelPart, networkOf, processOf } from './diffusion-model.js';
export { type DrawnBatch, type DrawOptions, type DrawState, draw, requireClass } from './draw.js';
export { type DrawImagesOptions, drawImages } from './draw-images.js';
export { type ModelDescription, parseModel } from './model-description.js';
export { ModelError, SamplingError } from './model-error.js';
export { loadModel, type NamedFile, type StoredModel, saveModel, uploadParams } from './model-files.js';
export { upgradeModel } from './older-models.js';
export { type Sampling, type SamplingOptions, samplingOf } from './sampling.js';
export { checkArrays, downloadTree, uploadTree } from './tree-arrays.js';
