import {
  type AdamNumbers,
  type AdamState,
  adam,
  dispose,
  logSoftmax,
  mul,
  scale,
  scope,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
} from '@tract/tensor';
import { type ClassifierKind, classifierScores, type ImageClassifier } from './image-classifier.js';

/**
 * Mean over the batch of -ln softmax(scores)[label]; a scalar, differentiable. scores [n, classes], labels n class numbers.
 * @throws RangeError when the number of labels differs or a label is not in [0, classes).
 */
export function crossEntropy(scores: Tensor, labels: ArrayLike<number>): Tensor {
  const [count, classes] = scores.shape;
  if (labels.length !== count) throw new RangeError(`crossEntropy: ${labels.length} labels for ${count} rows of scores`);
  const chosen = new Float32Array(count * classes);
  for (let i = 0; i < count; i++) {
    if (!(Number.isInteger(labels[i]) && labels[i] >= 0 && labels[i] < classes)) {
      throw new RangeError(`crossEntropy: label ${i} must be in [0, ${classes}), got ${labels[i]}`);
    }
    chosen[i * classes + labels[i]] = 1;
  }
  return scope(() => scale(sum(mul(logSoftmax(scores), tensor(chosen, [count, classes]))), -1 / count));
}

/**
 * Take one step of Adam on the cross-entropy of a batch. Consumes `state` as `adam` does; the new state and the scalar loss are the caller's.
 * images [n, size, size, channels] in [-1, 1].
 */
export function trainClassifier(
  kind: ClassifierKind,
  state: AdamState<ImageClassifier>,
  images: Tensor,
  labels: ArrayLike<number>,
  numbers: AdamNumbers,
): { readonly state: AdamState<ImageClassifier>; readonly loss: Tensor } {
  const { value, grads } = valueAndGrad((classifier) => crossEntropy(classifierScores(kind, classifier, images), labels), state.params);
  const updated = adam(state, grads, numbers);
  dispose([grads, updated.gradNorm]);
  return { state: updated.state, loss: value };
}

/** Return the class with the highest score for each row; `scores` is [n, classes], row-major, as read from `classifierScores`. */
export function highestScores(scores: Float32Array, classes: number): Uint8Array {
  const highest = new Uint8Array(scores.length / classes);
  for (let i = 0; i < highest.length; i++) {
    const row = scores.subarray(i * classes, (i + 1) * classes);
    highest[i] = row.indexOf(row.reduce((a, b) => Math.max(a, b)));
  }
  return highest;
}
