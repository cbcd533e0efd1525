export { crossEntropy, highestScores, trainClassifier } from './classifier-training.js';
export {
  type ClassifierArrays,
  type ClassifierLayer,
  DIGIT_CLASSES,
  DIGIT_CLASSIFIER_NAME,
  DIGIT_FEATURES,
  type DigitClassifier,
  digitClassifierFrom,
  digitExtractor,
  digitFeatures,
  digitScores,
  initDigitClassifier,
} from './digit-classifier.js';
export { extractStatistics, type FeatureExtractor } from './feature-extraction.js';
export {
  accumulateStatistics,
  type FeatureStatistics,
  featureStatistics,
  mergeStatistics,
  type StatisticsAccumulator,
} from './feature-statistics.js';
export { frechetDistance } from './frechet-distance.js';
export { singularValues } from './singular-values.js';
export { type SymmetricEigen, symmetricEigen } from './symmetric-eigen.js';
