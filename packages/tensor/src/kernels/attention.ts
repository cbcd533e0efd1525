import type { Tensor } from '@tensorflow/tfjs-core';
import { innerVjp } from '../gradient.js';
import { add, scale, sub } from '../ops/arithmetic.js';
import { exp, log } from '../ops/elementwise.js';
import { matmul } from '../ops/matmul.js';
import { sum } from '../ops/reduce.js';
import { reshape, slice, transpose } from '../ops/shape.js';
import { softmax } from '../ops/softmax.js';
import { run } from '../run.js';
import { composed } from './compose.js';

type Heads = { readonly heads: number };

/** Scaled logits [N,heads,T,T] and values [N,heads,T,headDim]. */
function logitsAndValues(qkv: Tensor, heads: number): [Tensor, Tensor] {
  const [samples, positions, channels] = qkv.shape;
  const size = channels / (3 * heads);
  const byHead = transpose(reshape(qkv, [samples, positions, heads, 3 * size]), [0, 2, 1, 3]);
  const part = (i: number): Tensor => slice(byHead, [0, 0, 0, i * size], [samples, heads, positions, size]);
  return [scale(matmul(part(0), part(1), { transposeB: true }), 1 / Math.sqrt(size)), part(2)];
}

function attend(logits: Tensor, values: Tensor): Tensor {
  const [samples, heads, positions, size] = values.shape;
  return reshape(transpose(matmul(softmax(logits), values), [0, 2, 1, 3]), [samples, positions, heads * size]);
}

export const attention = composed(({ qkv }: { qkv: Tensor }, { heads }: Heads) => {
  const [logits, values] = logitsAndValues(qkv, heads);
  const highest = run('Max', { x: logits }, { reductionIndices: [3], keepDims: true });
  const lse = add(log(sum(exp(sub(logits, highest)), 3, true)), highest);
  return [attend(logits, values), reshape(lse, logits.shape.slice(0, 3))];
});

/** The reverse pass through the composition; `out` and `lse`, which save a fused kernel work, are not needed. */
export const attentionGrad = composed(({ dy, qkv }: { dy: Tensor; qkv: Tensor }, { heads }: Heads) => {
  const { grads } = innerVjp((given: { qkv: Tensor }) => attend(...logitsAndValues(given.qkv, heads)), { qkv }, dy);
  return grads.qkv;
});
