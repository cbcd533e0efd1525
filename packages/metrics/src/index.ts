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
