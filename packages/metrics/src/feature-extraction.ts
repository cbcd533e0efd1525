import { read, scope, type Tensor } from '@tract/tensor';
import { accumulateStatistics, type FeatureStatistics, type StatisticsAccumulator } from './feature-statistics.js';

/** The first stage of a metric: images [n, height, width, channels] in [-1, 1] → features [n, d]. The caller owns the result. */
export type FeatureExtractor = (images: Tensor) => Tensor;

/**
 * Features of all batches → mean and covariance, keeping no more than a batch. Batches may be of any size; each is lent until the next is asked for.
 * @throws RangeError when the extractor gives no [n, d] tensor of one d, a feature is not finite, or there are fewer than two images.
 */
export async function extractStatistics(
  extract: FeatureExtractor,
  batches: Iterable<Tensor> | AsyncIterable<Tensor>,
): Promise<FeatureStatistics> {
  let accumulator: StatisticsAccumulator | undefined;
  let dimensions = 0;
  for await (const images of batches) {
    const features = scope(() => extract(images));
    try {
      const [count, d] = features.shape;
      dimensions ||= d;
      if (features.rank !== 2 || count !== images.shape[0] || d !== dimensions) {
        throw new RangeError(`extractStatistics: expected features [${images.shape[0]}, ${dimensions}], got [${features.shape}]`);
      }
      accumulator ??= accumulateStatistics(dimensions);
      accumulator.add(await read(features));
    } finally {
      features.dispose();
    }
  }
  if (!accumulator) throw new RangeError('extractStatistics: there is no batch of images');
  return accumulator.statistics();
}
