import { conv2d, linear, randomNormals, reshape, type Shape, scope, silu, type Tensor, tensor } from '@tract/tensor';
import type { FeatureExtractor } from './feature-extraction.js';

/** `kernel` is [3, 3, in, out] of a convolution or [in, out] of a dense layer; `bias` is [out]. */
export type ClassifierLayer = { readonly kernel: Tensor; readonly bias: Tensor };

/** Images that a classifier reads, of `size` by `size` pixels, and how many classes it tells apart. */
export type ClassifierKind = {
  /** Name of the network in a report; changes whenever its weights do. */
  readonly name: string;
  readonly size: number;
  readonly channels: number;
  readonly classes: number;
};

/** Classifiers whose weights come with this package: MNIST, Fashion-MNIST, and the icons in colour that `tools/icons` renders. */
export const classifierKinds = {
  digits: { name: 'digit-classifier-1', size: 28, channels: 1, classes: 10 },
  fashion: { name: 'fashion-classifier-1', size: 28, channels: 1, classes: 10 },
  icons: { name: 'icon-classifier-1', size: 32, channels: 3, classes: 9 },
} as const satisfies Record<string, ClassifierKind>;

export type ClassifierSet = keyof typeof classifierKinds;

/** Parameters of a small network that reads images: four convolutions, a layer of 64 features, the scores of classes. */
export type ImageClassifier = {
  readonly conv1: ClassifierLayer;
  readonly conv2: ClassifierLayer;
  readonly conv3: ClassifierLayer;
  readonly conv4: ClassifierLayer;
  readonly features: ClassifierLayer;
  readonly scores: ClassifierLayer;
};

/** Numbers by leaf path (`conv1.kernel`, `conv1.bias`, …), as they come out of a file. */
export type ClassifierArrays = ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;

/** Features that every classifier gives of an image. */
export const CLASSIFIER_FEATURES = 64;

/** Shapes of the kernels; three convolutions halve the sides, 28 or 32 pixels to 4. */
const kernelShapes = ({ size, channels, classes }: ClassifierKind): Record<keyof ImageClassifier, Shape> => ({
  conv1: [3, 3, channels, 16],
  conv2: [3, 3, 16, 32],
  conv3: [3, 3, 32, 32],
  conv4: [3, 3, 32, 32],
  features: [Math.ceil(size / 8) ** 2 * 32, CLASSIFIER_FEATURES],
  scores: [CLASSIFIER_FEATURES, classes],
});

function makeClassifier(
  kind: ClassifierKind,
  make: (layer: keyof ImageClassifier, part: 'kernel' | 'bias', shape: Shape) => Tensor,
): ImageClassifier {
  const entries = Object.entries(kernelShapes(kind)).map(([name, shape]) => {
    const layer = name as keyof ImageClassifier;
    return [layer, { kernel: make(layer, 'kernel', shape), bias: make(layer, 'bias', shape.slice(-1)) }] as const;
  });
  return Object.fromEntries(entries) as ImageClassifier;
}

/** Make a classifier that knows nothing yet: kernels normal with variance 2 / fan-in (He et al. 2015), biases 0. The caller owns it. */
export function initClassifier(kind: ClassifierKind, seed: number): ImageClassifier {
  const layers = Object.keys(kernelShapes(kind));
  return makeClassifier(kind, (layer, part, shape) => {
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
 * Make the classifier of these numbers, as read from a file of `weights/`. The caller owns it.
 * @throws RangeError when an array is missing, is too many, has another shape or is not float32.
 */
export function classifierFrom(kind: ClassifierKind, arrays: ClassifierArrays): ImageClassifier {
  const shapes = Object.entries(kernelShapes(kind));
  const known = 2 * shapes.length;
  if (arrays.size !== known) throw new RangeError(`classifierFrom: expected ${known} arrays, got ${arrays.size}`);
  const checked = new Map<string, Float32Array>();
  // All checks before the first tensor, so that a bad file leaves nothing behind.
  for (const [layer, kernelShape] of shapes) {
    for (const [part, shape] of [
      ['kernel', kernelShape],
      ['bias', kernelShape.slice(-1)],
    ] as const) {
      const array = arrays.get(`${layer}.${part}`);
      if (!array) throw new RangeError(`classifierFrom: there is no array '${layer}.${part}'`);
      if (String(array.shape) !== String(shape)) {
        throw new RangeError(`classifierFrom: '${layer}.${part}' must have shape [${shape}], got [${array.shape}]`);
      }
      const count = shape.reduce((product, size) => product * size, 1);
      if (!(array.data instanceof Float32Array) || array.data.length !== count) {
        throw new RangeError(`classifierFrom: '${layer}.${part}' must hold ${count} float32 numbers`);
      }
      checked.set(`${layer}.${part}`, array.data);
    }
  }
  return makeClassifier(kind, (layer, part, shape) => tensor(checked.get(`${layer}.${part}`)!, shape));
}

/**
 * Compute the 64 features of images [n, size, size, channels] in [-1, 1], which are the layer before the scores: [n, 64]. Differentiable.
 * @throws RangeError for images of another size or other channels than the kind's.
 */
export function classifierFeatures(kind: ClassifierKind, classifier: ImageClassifier, images: Tensor): Tensor {
  const { conv1, conv2, conv3, conv4, features } = classifier;
  const [count, ...shape] = images.shape;
  const known = [kind.size, kind.size, kind.channels];
  if (String(shape) !== String(known))
    throw new RangeError(
      `classifierFeatures: expected images [n, ${known.join(', ')}], got [${images.shape}]; ${kind.name} reads no others`,
    );
  return scope(() => {
    let x = silu(conv2d(images, conv1.kernel, { bias: conv1.bias }));
    for (const { kernel, bias } of [conv2, conv3, conv4]) x = silu(conv2d(x, kernel, { bias, stride: 2 }));
    return silu(linear(reshape(x, [count, x.size / count]), features.kernel, features.bias));
  });
}

/** Compute the scores of the classes before softmax, [n, classes], of images as `classifierFeatures` takes them. Differentiable. */
export const classifierScores = (kind: ClassifierKind, classifier: ImageClassifier, images: Tensor): Tensor =>
  scope(() => linear(classifierFeatures(kind, classifier, images), classifier.scores.kernel, classifier.scores.bias));

/** Make the classifier the first stage of a Fréchet distance between sets of its images. It stays the caller's. */
export const classifierExtractor =
  (kind: ClassifierKind, classifier: ImageClassifier): FeatureExtractor =>
  (images) =>
    classifierFeatures(kind, classifier, images);
