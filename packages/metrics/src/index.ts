export { crossEntropy, highestScores, trainClassifier } from './classifier-training.js';
export { extractStatistics, type FeatureExtractor } from './feature-extraction.js';
export {
  accumulateStatistics,
  type FeatureStatistics,
  featureStatistics,
  mergeStatistics,
  type StatisticsAccumulator,
} from './feature-statistics.js';
export { type FewSamples, fewSamples } from './few-samples.js';
export { type FrechetOptions, frechetDistance, type IndefiniteCovariance } from './frechet-distance.js';
export {
  type ExtrapolatedFrechet,
  extrapolateFrechet,
  type FrechetAtInfinity,
  frechetAtInfinity,
} from './frechet-extrapolation.js';
export {
  CLASSIFIER_FEATURES,
  type ClassifierArrays,
  type ClassifierKind,
  type ClassifierLayer,
  type ClassifierSet,
  classifierExtractor,
  classifierFeatures,
  classifierFrom,
  classifierKinds,
  classifierScores,
  type ImageClassifier,
  initClassifier,
} from './image-classifier.js';
export {
  type Extracted,
  type ExtractedRows,
  type ExtractOptions,
  extractBatches,
  extractImages,
  type FeatureKind,
  type ImageExtractor,
  tensorExtractor,
} from './image-extractor.js';
export { type ImageSeries, partOfSeries, seriesOf } from './image-series.js';
export { applyInception, type InceptionLayer, type InceptionOutput, type InceptionParams } from './inception/inception.js';
export { inceptionExtractor } from './inception/inception-extractor.js';
export {
  type ConvSpec,
  INCEPTION_CLASSES,
  INCEPTION_FEATURES,
  INCEPTION_SIZE,
  inceptionConvolutions,
} from './inception/inception-layers.js';
export { type InceptionArrays, inceptionFrom } from './inception/inception-weights.js';
export { type InceptionScore, type InceptionScoreOptions, inceptionScore, softmaxRows } from './inception-score.js';
export { type KernelDistance, type KernelDistanceOptions, kernelDistance, wholeKernelDistance } from './kernel-distance.js';
export { type MatrixKernels, useMatrixKernels } from './matrix-kernels.js';
export { type InputMode, inputModes, networkInput } from './network-input.js';
export { type PrecisionRecall, precisionRecall } from './precision-recall.js';
export { type BilinearAnchor, resizeBilinear } from './resize/bilinear-resize.js';
export { resizePillow } from './resize/pillow-resize.js';
export { type PillowFilter, pillowFilters } from './resize/pillow-weights.js';
export type { Raster, RasterSize } from './resize/raster.js';
export type { RowProducts } from './row-products.js';
export { singularValues } from './singular-values.js';
export { type SymmetricEigen, symmetricEigen } from './symmetric-eigen.js';
