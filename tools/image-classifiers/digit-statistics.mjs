import {
  CLASSIFIER_FEATURES,
  classifierExtractor,
  classifierFrom,
  classifierKinds,
  extractImages,
  featureStatistics,
  tensorExtractor,
} from '@tract/metrics';
import { dispose } from '@tract/tensor';

const { digits } = classifierKinds;

/** Mean and covariance of digits in the features of a classifier, given by its arrays, on the active backend. */
export async function digitStatistics(arrays, images) {
  const classifier = classifierFrom(digits, arrays);
  try {
    const extractor = tensorExtractor('digits', classifierExtractor(digits, classifier));
    const rows = await extractImages(extractor, images, ['features'], { batch: 250 });
    return featureStatistics(rows.get('features').values, CLASSIFIER_FEATURES);
  } finally {
    dispose(classifier);
  }
}
