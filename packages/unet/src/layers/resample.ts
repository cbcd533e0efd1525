import { avgPool2x, matmul, reshape, scope, type Tensor, tensor, upsample2x } from '@tract/tensor';
import { applyConv, type Conv } from './conv.js';

/** Doubling and halving of the sides of [N, H, W, C]. */
export type Resampler = {
  readonly up: (x: Tensor) => Tensor;
  readonly down: (x: Tensor) => Tensor;
  /** A 3x3 convolution, then `down`, which sees beyond the border what the convolution gives there instead of zeros. */
  readonly convolveDown: (conv: Conv<Tensor>, x: Tensor) => Tensor;
};

/** Averages of 2x2 pixels down, each pixel four times up. */
export const boxResampler: Resampler = {
  up: upsample2x,
  down: avgPool2x,
  convolveDown: (conv, x) => scope(() => avgPool2x(applyConv(conv, x))),
};

/**
 * Halving through a separable filter, as many taps on either side of each pair of pixels; doubling is its transpose, so that flat stays flat.
 * Source: Zhang 2019, as Karras et al. 2022 use it. `taps`: an even number of them, of any scale; [1, 1] is the box.
 */
export function filterResampler(taps: readonly number[]): Resampler {
  if (taps.length === 2 && taps[0] === taps[1]) return boxResampler;
  const sum = taps.reduce((total, tap) => total + tap, 0);
  const weights = taps.map((tap) => tap / sum);
  const pad = taps.length / 2 - 1;
  return {
    up: (x) => alongBothSides(x, (side) => doublingMatrix(weights, side)),
    down: (x) => alongBothSides(x, (side) => halvingMatrix(weights, side, pad)),
    convolveDown: (conv, x) => scope(() => alongBothSides(applyConv(conv, x, { pad: 1 + pad }), (side) => halvingMatrix(weights, side, 0))),
  };
}

/** A matrix in row-major order that resamples a column of pixels. */
export type ResampleMatrix = { readonly rows: number; readonly columns: number; readonly values: Float32Array };

/** Return the matrix of y[i] = Σ taps[k] x[2i + k − pad], zeros around x, for `side` pixels. */
export function halvingMatrix(taps: readonly number[], side: number, pad: number): ResampleMatrix {
  const rows = (side + 2 * pad - taps.length) / 2 + 1;
  const values = new Float32Array(rows * side);
  for (let i = 0; i < rows; i++) {
    taps.forEach((tap, k) => {
      const from = 2 * i + k - pad;
      if (from >= 0 && from < side) values[i * side + from] = tap;
    });
  }
  return { rows, columns: side, values };
}

/** Return the matrix from `side` pixels to twice as many: twice the transpose of halving back. */
export function doublingMatrix(taps: readonly number[], side: number): ResampleMatrix {
  const { values } = halvingMatrix(taps, 2 * side, taps.length / 2 - 1);
  const doubled = new Float32Array(values.length);
  for (let i = 0; i < side; i++) for (let j = 0; j < 2 * side; j++) doubled[j * side + i] = 2 * values[i * 2 * side + j];
  return { rows: 2 * side, columns: side, values: doubled };
}

/**
 * The matrix for a height along the height and that for a width along the width of [N, H, W, C]. The products have few terms, so although
 * most of them are with 0, they take a few percent of a convolution's time.
 */
function alongBothSides(x: Tensor, matrixOf: (side: number) => ResampleMatrix): Tensor {
  return scope(() => {
    const [batch, height, width, channels] = x.shape;
    const [tall, wide] = [matrixOf(height), matrixOf(width)];
    const rows = matmul(repeated(tall, batch), reshape(x, [batch, height, width * channels]));
    const count = batch * tall.rows;
    const columns = matmul(repeated(wide, count), reshape(rows, [count, width, channels]));
    return reshape(columns, [batch, tall.rows, wide.rows, channels]);
  });
}

/** The matrix `count` times, as a product with so many others wants it. */
function repeated({ rows, columns, values }: ResampleMatrix, count: number): Tensor {
  const all = new Float32Array(count * values.length);
  for (let i = 0; i < count; i++) all.set(values, i * values.length);
  return tensor(all, [count, rows, columns]);
}
