import { type Pad, padPair } from '../../ops/conv.js';
import { type Array64, array64, at, build, empty64 } from './array64.js';
import { matmul64, softmax64 } from './basic.js';

export type Conv64 = { readonly bias?: Array64; readonly residual?: Array64; readonly stride: number; readonly pad: Pad };

/** Cross-correlation by its definition: x [N,H,W,Ci], filter [kh,kw,Ci,Co]. */
export function conv2d64(x: Array64, filter: Array64, { bias, residual, stride, pad }: Conv64): Array64 {
  const [n, h, w, ci] = x.shape;
  const [kh, kw, , co] = filter.shape;
  const [vertical, horizontal] = padPair(pad);
  const ho = Math.floor((h + 2 * vertical - kh) / stride) + 1;
  const wo = Math.floor((w + 2 * horizontal - kw) / stride) + 1;
  const y = empty64([n, ho, wo, co]);
  for (let pixel = 0; pixel < n * ho * wo; pixel++) {
    const sample = Math.floor(pixel / (ho * wo));
    const top = (Math.floor(pixel / wo) % ho) * stride - vertical;
    const left = (pixel % wo) * stride - horizontal;
    const out = y.data.subarray(pixel * co, (pixel + 1) * co);
    if (bias !== undefined) out.set(bias.data);
    if (residual !== undefined) for (let o = 0; o < co; o++) out[o] += residual.data[pixel * co + o];
    for (let i = Math.max(0, -top); i < kh && top + i < h; i++) {
      for (let j = Math.max(0, -left); j < kw && left + j < w; j++) {
        const from = ((sample * h + top + i) * w + left + j) * ci;
        for (let c = 0; c < ci; c++) {
          const value = x.data[from + c];
          const row = ((i * kw + j) * ci + c) * co;
          for (let o = 0; o < co; o++) out[o] += value * filter.data[row + o];
        }
      }
    }
  }
  return y;
}

export type GroupNorm64 = { readonly groups: number; readonly eps: number; readonly silu: boolean; readonly scaleShift?: Array64 };

/** Group normalisation, scale-shift and SiLU by their definitions: x [N,...,C]. */
export function groupNorm64(x: Array64, gamma: Array64, beta: Array64, { groups, eps, silu, scaleShift }: GroupNorm64): Array64 {
  const samples = x.shape[0];
  const channels = x.shape[x.shape.length - 1];
  const positions = x.data.length / (samples * channels);
  const size = channels / groups;
  const y = empty64(x.shape);
  for (let n = 0; n < samples; n++) {
    for (let g = 0; g < groups; g++) {
      const places: number[] = [];
      for (let p = 0; p < positions; p++) for (let c = 0; c < size; c++) places.push((n * positions + p) * channels + g * size + c);
      const mean = places.reduce((total, i) => total + x.data[i], 0) / places.length;
      const variance = places.reduce((total, i) => total + (x.data[i] - mean) ** 2, 0) / places.length;
      for (const i of places) {
        const c = i % channels;
        const factor = scaleShift === undefined ? 1 : 1 + scaleShift.data[n * 2 * channels + c];
        const shift = scaleShift === undefined ? 0 : scaleShift.data[n * 2 * channels + channels + c];
        const u = (((x.data[i] - mean) / Math.sqrt(variance + eps)) * gamma.data[c] + beta.data[c]) * factor + shift;
        y.data[i] = silu ? u / (1 + Math.exp(-u)) : u;
      }
    }
  }
  return y;
}

/** Self-attention by its definition: qkv [N,T,3C], channels (head, {q,k,v}, headDim). */
export function attention64(qkv: Array64, heads: number): Array64 {
  const [samples, positions, channels] = qkv.shape;
  const size = channels / (3 * heads);
  const part = (n: number, head: number, which: number): Array64 =>
    build([positions, size], ([t, c]) => at(qkv, [n, t, (head * 3 + which) * size + c]));
  const y = empty64([samples, positions, heads * size]);
  for (let n = 0; n < samples; n++) {
    for (let head = 0; head < heads; head++) {
      const logits = matmul64(part(n, head, 0), part(n, head, 1), false, true);
      const weights = softmax64(
        array64(
          logits.data.map((v) => v / Math.sqrt(size)),
          logits.shape,
        ),
      );
      const out = matmul64(weights, part(n, head, 2));
      for (let t = 0; t < positions; t++) {
        for (let c = 0; c < size; c++) y.data[(n * positions + t) * heads * size + head * size + c] = out.data[t * size + c];
      }
    }
  }
  return y;
}

/** Nearest neighbour, twice the size. */
export const upsample64 = (x: Array64): Array64 =>
  build([x.shape[0], 2 * x.shape[1], 2 * x.shape[2], x.shape[3]], ([n, h, w, c]) => at(x, [n, h >> 1, w >> 1, c]));

/** Mean of each block of 2x2. */
export const avgPool64 = (x: Array64): Array64 =>
  build([x.shape[0], x.shape[1] / 2, x.shape[2] / 2, x.shape[3]], ([n, h, w, c]) => {
    let total = 0;
    for (const [i, j] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ])
      total += at(x, [n, 2 * h + i, 2 * w + j, c]);
    return total / 4;
  });

export type Pool64 = { readonly size: number; readonly stride: number; readonly pad: number };

/** Maximum or mean of each window's pixels that lie inside the image, by definition. */
export function pool64(x: Array64, kind: 'max' | 'avg', { size, stride, pad }: Pool64): Array64 {
  const [n, h, w, c] = x.shape;
  const along = (length: number): number => Math.floor((length + 2 * pad - size) / stride) + 1;
  return build([n, along(h), along(w), c], ([sample, top, left, channel]) => {
    const values: number[] = [];
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        const [row, column] = [top * stride - pad + i, left * stride - pad + j];
        if (row >= 0 && row < h && column >= 0 && column < w) values.push(at(x, [sample, row, column, channel]));
      }
    }
    return kind === 'max' ? Math.max(...values) : values.reduce((total, value) => total + value, 0) / values.length;
  });
}
