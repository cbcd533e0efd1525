import type { Tensor } from '@tensorflow/tfjs-core';
import { run, runMany } from '../run.js';
import { type Shape, showShape } from '../shape.js';
import { isTracked, record } from '../tape.js';

export type AttentionOptions = { /** Number of heads; must divide C. */ readonly heads: number };

/**
 * Self-attention over T positions: qkv [N,T,3C] → [N,T,C]. The channels of qkv are ordered (head, {q,k,v}, headDim), those of the
 * result (head, headDim); logits are scaled by 1/sqrt(headDim).
 * @throws RangeError when the channels do not divide into 3·heads equal parts.
 */
export function attention(qkv: Tensor, { heads }: AttentionOptions): Tensor {
  const shape: Shape = qkv.shape;
  if (shape.length !== 3 || !Number.isInteger(heads) || heads < 1 || shape[2] % (3 * heads) !== 0) {
    throw new RangeError(`attention: expected qkv [N,T,3C] with C a multiple of heads, got ${showShape(shape)} and ${heads} heads`);
  }
  const [out, lse] = runMany('TractAttention', { qkv }, { heads });
  if (!isTracked(qkv)) {
    lse.dispose();
    return out;
  }
  return record(out, [qkv], [qkv, out, lse], (dy) => [run('TractAttentionGrad', { dy, qkv, out, lse }, { heads })]);
}
