import { readSafetensors, toFloat32 } from '@tract/checkpoint';
import type { Images } from '@tract/images';
import {
  CLASSIFIER_FEATURES,
  classifierExtractor,
  classifierFrom,
  classifierKinds,
  extractImages,
  featureStatistics,
  frechetDistance,
  tensorExtractor,
} from '@tract/metrics';

/** Measure how far digits are from MNIST's 10,000 test images: the Fréchet distance of `tract evaluate`, by the same classifier. */
export type DigitScore = { readonly distance: (images: Images) => Promise<number> };

/**
 * Start the score on the active backend.
 * @param classifier bytes of `weights/digit-classifier.safetensors` of @tract/metrics.
 * @param reference bytes of `weights/digit-statistics.safetensors`.
 */
export function digitScore(classifier: Uint8Array, reference: Uint8Array): DigitScore {
  const { tensors } = readSafetensors(classifier, { source: 'the digit classifier' });
  const network = classifierFrom(
    classifierKinds.digits,
    new Map([...tensors].map(([name, array]) => [name, { shape: array.shape, data: toFloat32(array) }])),
  );
  const extractor = tensorExtractor('digits', classifierExtractor(classifierKinds.digits, network));
  const known = readSafetensors(reference, { source: 'the statistics of digits' });
  const [mean, covariance] = ['mean', 'covariance'].map((name) => known.tensors.get(name)!.data as Float64Array);
  const there = { count: Number(known.metadata.get('count')), mean, covariance };
  return {
    distance: async (images) => {
      const rows = (await extractImages(extractor, images, ['features'], { batch: 100 })).get('features')!;
      return frechetDistance(featureStatistics(rows.values, CLASSIFIER_FEATURES), there);
    },
  };
}
