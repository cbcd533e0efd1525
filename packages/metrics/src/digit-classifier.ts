import { conv2d, linear, randomNormals, reshape, type Shape, scope, silu, type Tensor, tensor } from '@tract/tensor';
import type { FeatureExtractor } from './feature-extraction.js';

/** `kernel` is [3, 3, in, out] of a convolution or [in, out] of a dense layer; `bias` is [out]. */
export type ClassifierLayer = { readonly kernel: Tensor; readonly bias: Tensor };

/** Parameters of a small network that reads 28 × 28 digits: four convolutions, a layer of 64 features, the scores of ten classes. */
export type DigitClassifier = {
  readonly conv1: ClassifierLayer;
  readonly conv2: ClassifierLayer;
  readonly conv3: ClassifierLayer;
  readonly conv4: ClassifierLayer;
  readonly features: ClassifierLayer;
  readonly scores: ClassifierLayer;
};

/** Numbers by leaf path (`conv1.kernel`, `conv1.bias`, …), as they come out of a file. */
export type ClassifierArrays = ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;

/** Name of the network in a report; changes whenever its weights do. */
export const DIGIT_CLASSIFIER_NAME = 'digit-classifier-1';
export const DIGIT_FEATURES = 64;
export const DIGIT_CLASSES = 10;

const kernelShapes: Record<keyof DigitClassifier, Shape> = {
  conv1: [3, 3, 1, 16],
  conv2: [3, 3, 16, 32],
  conv3: [3, 3, 32, 32],
  conv4: [3, 3, 32, 32],
  features: [4 * 4 * 32, DIGIT_FEATURES],
  scores: [DIGIT_FEATURES, DIGIT_CLASSES],
};

function makeClassifier(make: (layer: keyof DigitClassifier, part: 'kernel' | 'bias', shape: Shape) => Tensor): DigitClassifier {
  const entries = Object.entries(kernelShapes).map(([name, shape]) => {
    const layer = name as keyof DigitClassifier;
    return [layer, { kernel: make(layer, 'kernel', shape), bias: make(layer, 'bias', shape.slice(-1)) }] as const;
  });
  return Object.fromEntries(entries) as DigitClassifier;
}

/** A classifier that knows nothing yet: kernels normal with variance 2 / fan-in (He et al. 2015), biases 0. The caller owns it. */
export function initDigitClassifier(seed: number): DigitClassifier {
  const layers = Object.keys(kernelShapes);
  return makeClassifier((layer, part, shape) => {
    const count = shape.reduce((product, size) => product * size, 1);
    if (part === 'bias') return tensor(new Float32Array(count), shape);
    const deviation = Math.sqrt((2 * shape[shape.length - 1]) / count);
    const normals = randomNormals({ seed, stream: layers.indexOf(layer) }, count);
    return tensor(
      normals.map((value) => value * deviation),
      shape,
    );
  });
}

/**
 * The classifier with these numbers, as read from `weights/digit-classifier.safetensors`. The caller owns it.
 * @throws RangeError when an array is missing, is too many, has another shape or is not float32.
 */
export function digitClassifierFrom(arrays: ClassifierArrays): DigitClassifier {
  const known = 2 * Object.keys(kernelShapes).length;
  if (arrays.size !== known) throw new RangeError(`digitClassifierFrom: expected ${known} arrays, got ${arrays.size}`);
  const checked = new Map<string, Float32Array>();
  // All checks before the first tensor, so that a bad file leaves nothing behind.
  for (const [layer, kernelShape] of Object.entries(kernelShapes)) {
    for (const [part, shape] of [
      ['kernel', kernelShape],
      ['bias', kernelShape.slice(-1)],
    ] as const) {
      const array = arrays.get(`${layer}.${part}`);
      if (!array) throw new RangeError(`digitClassifierFrom: there is no array '${layer}.${part}'`);
      if (String(array.shape) !== String(shape)) {
        throw new RangeError(`digitClassifierFrom: '${layer}.${part}' must have shape [${shape}], got [${array.shape}]`);
      }
      const count = shape.reduce((product, size) => product * size, 1);
      if (!(array.data instanceof Float32Array) || array.data.length !== count) {
        throw new RangeError(`digitClassifierFrom: '${layer}.${part}' must hold ${count} float32 numbers`);
      }
      checked.set(`${layer}.${part}`, array.data);
    }
  }
  return makeClassifier((layer, part, shape) => tensor(checked.get(`${layer}.${part}`)!, shape));
}

/** Images [n, 28, 28, 1] in [-1, 1] → the 64 features of the layer before the scores, [n, 64]. Differentiable. */
export function digitFeatures({ conv1, conv2, conv3, conv4, features }: DigitClassifier, images: Tensor): Tensor {
  const [count, height, width, channels] = images.shape;
  if (images.rank !== 4 || height !== 28 || width !== 28 || channels !== 1) {
    throw new RangeError(`digitFeatures: expected images [n, 28, 28, 1], got [${images.shape}]; this network reads MNIST's format only`);
  }
  return scope(() => {
    let x = silu(conv2d(images, conv1.kernel, { bias: conv1.bias }));
    for (const { kernel, bias } of [conv2, conv3, conv4]) x = silu(conv2d(x, kernel, { bias, stride: 2 }));
    return silu(linear(reshape(x, [count, x.size / count]), features.kernel, features.bias));
  });
}

/** Images [n, 28, 28, 1] in [-1, 1] → scores of the ten digits before softmax, [n, 10]. Differentiable. */
export const digitScores = (classifier: DigitClassifier, images: Tensor): Tensor =>
  scope(() => linear(digitFeatures(classifier, images), classifier.scores.kernel, classifier.scores.bias));

/** The classifier as the first stage of a Fréchet distance between sets of digits. It stays the caller's. */
export const digitExtractor =
  (classifier: DigitClassifier): FeatureExtractor =>
  (images) =>
    digitFeatures(classifier, images);
