export { type CollectOptions, collectFeatures, collectStatistics } from './collect-features.js';
export { compareSides, fewSamplesWarning, kindsFor, measureImages, type Scores, type Side, sideOf, type Wanted } from './comparison.js';
export {
  type DigitDistance,
  type DigitReference,
  digitDistance,
  digitReference,
  fewImagesWarning,
  type OnMeasured,
  requireImagesOf,
} from './digit-distance.js';
export { type LoadedExtractor, loadClassifier, loadInception, loadOnnxExtractor, type ReadyExtractor } from './extractors.js';
export { type FeatureCache, featureCacheFolder, featureKey, openFeatureCache } from './feature-cache.js';
export { type ImageSource, imageSourceForms, imagesOfSet, type ReadImageOptions, readImageSource, readImages } from './image-source.js';
export { type InceptionFile, publishedWeights, readInceptionFile } from './inception-file.js';
export { addScore, parseScores, type Score } from './model-scores.js';
export { type OnnxRuntime, onnxExtractor } from './onnx-extractor.js';
export { ScoresError, type ScoresErrorKind } from './scores-error.js';
export { encodeStatistics, mergeStatisticsFiles, readStatisticsPair, type StoredStatistics, statisticsIn } from './statistics-file.js';
