import { type Tensor, tensor } from '@tract/tensor';

/** Labels, each in [0, classes), as rows [N, classes] of zeros but for `value` at the label. */
export function oneHot(labels: readonly number[], classes: number, value = 1): Tensor {
  const rows = new Float32Array(labels.length * classes);
  labels.forEach((label, row) => {
    rows[row * classes + label] = value;
  });
  return tensor(rows, [labels.length, classes]);
}
