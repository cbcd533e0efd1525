import type { Tensor } from '@tensorflow/tfjs-core';
import { run } from '../run.js';
import { sameShape, showShape } from '../shape.js';
import { activeTape, isTracked, record } from '../tape.js';

export type MatmulOptions = { readonly transposeA?: boolean; readonly transposeB?: boolean };

const product = (a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor =>
  run('BatchMatMul', { a, b }, { transposeA, transposeB });

function checkMatmul(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): void {
  const inner = a.shape[a.rank - (transposeA ? 2 : 1)];
  const fits = inner === b.shape[b.rank - (transposeB ? 1 : 2)] && sameShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  if (a.rank < 2 || a.rank !== b.rank || !fits) {
    const marks = [transposeA ? ' transposed' : '', transposeB ? ' transposed' : ''];
    throw new RangeError(
      `matmul: ${showShape(a.shape)}${marks[0]} times ${showShape(b.shape)}${marks[1]} does not fit; ranks, leading axes and inner axes must be equal`,
    );
  }
}

/** Matrix product of [..., m, k] and [..., k, n] (or their transposes, by options) for each index of the equal leading axes. */
export function matmul(a: Tensor, b: Tensor, { transposeA = false, transposeB = false }: MatmulOptions = {}): Tensor {
  checkMatmul(a, b, transposeA, transposeB);
  const y = product(a, b, transposeA, transposeB);
  if (!isTracked(a, b)) return y;
  const tape = activeTape()!;
  const saved: Tensor[] = [];
  if (tape.tracks(a)) saved.push(b);
  if (tape.tracks(b)) saved.push(a);
  // With A = op(a), B = op(b): dA = dY Bᵀ and dB = Aᵀ dY, transposed back where the input was.
  return record(y, [a, b], saved, (dy, needs) => [
    needs[0] ? (transposeA ? product(b, dy, transposeB, true) : product(dy, b, false, !transposeB)) : undefined,
    needs[1] ? (transposeB ? product(dy, a, true, transposeA) : product(a, dy, !transposeA, false)) : undefined,
  ]);
}

/** x · weight + bias over the last axis: x [..., in], weight [in, out], bias [out] → [..., out]. */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const [inputs, outputs] = weight.shape;
  if (weight.rank !== 2 || x.rank < 1 || x.shape[x.rank - 1] !== inputs || (bias !== undefined && !sameShape(bias.shape, [outputs]))) {
    const given = `${showShape(x.shape)}, ${showShape(weight.shape)}${bias === undefined ? '' : `, ${showShape(bias.shape)}`}`;
    throw new RangeError(`linear: expected x [..., in], weight [in, out], bias [out], got ${given}`);
  }
  const rows = [x.size / inputs, inputs];
  const flat = x.rank === 2 ? x : run('Reshape', { x }, { shape: rows });
  const attributes = { transposeA: false, transposeB: false, activation: 'linear', leakyreluAlpha: 0 };
  const matrix = bias === undefined ? product(flat, weight, false, false) : run('_FusedMatMul', { a: flat, b: weight, bias }, attributes);
  const y = x.rank === 2 ? matrix : run('Reshape', { x: matrix }, { shape: [...x.shape.slice(0, -1), outputs] });
  if (x.rank !== 2) {
    flat.dispose();
    matrix.dispose();
  }
  if (!isTracked(x, weight, bias)) return y;
  const sources = bias === undefined ? [x, weight] : [x, weight, bias];
  const tape = activeTape()!;
  const saved: Tensor[] = [];
  if (tape.tracks(x)) saved.push(weight);
  if (tape.tracks(weight)) saved.push(x);
  const inputShape = x.shape;
  return record(y, sources, saved, (dy, needs) => {
    const dFlat = dy.rank === 2 ? dy : run('Reshape', { x: dy }, { shape: [rows[0], outputs] });
    const dx = needs[0] ? product(dFlat, weight, false, true) : undefined;
    return [
      dx === undefined || dy.rank === 2 ? dx : run('Reshape', { x: dx }, { shape: inputShape }),
      needs[1] ? product(inputShape.length === 2 ? x : run('Reshape', { x }, { shape: rows }), dFlat, true, false) : undefined,
      needs[2] ? run('Sum', { x: dFlat }, { axis: [0], keepDims: false }) : undefined,
    ];
  });
}
