import type { Term } from './vector-space.js';

const block = 1024;

/**
 * Write the sum of coefficient·vector into `out`: float64 sums in the order of the terms, from 0, rounded once. One plain loop up to six terms, which is
 * what steps have; more are added up block by block.
 */
export function combineFloats<V extends Float32Array | Float64Array>(out: V, terms: readonly Term<V>[]): V {
  const length = out.length;
  const [[a, x], [b, y] = [0, x], [c, z] = [0, x], [d, w] = [0, x], [e, u] = [0, x], [f, v] = [0, x]] = terms;
  if (terms.length === 1) for (let i = 0; i < length; i++) out[i] = 0 + a * x[i];
  else if (terms.length === 2) for (let i = 0; i < length; i++) out[i] = 0 + a * x[i] + b * y[i];
  else if (terms.length === 3) for (let i = 0; i < length; i++) out[i] = 0 + a * x[i] + b * y[i] + c * z[i];
  else if (terms.length === 4) for (let i = 0; i < length; i++) out[i] = 0 + a * x[i] + b * y[i] + c * z[i] + d * w[i];
  else if (terms.length === 5) for (let i = 0; i < length; i++) out[i] = 0 + a * x[i] + b * y[i] + c * z[i] + d * w[i] + e * u[i];
  else if (terms.length === 6)
    for (let i = 0; i < length; i++) out[i] = 0 + a * x[i] + b * y[i] + c * z[i] + d * w[i] + e * u[i] + f * v[i];
  else {
    const sums = new Float64Array(Math.min(block, length));
    for (let start = 0; start < length; start += block) {
      const count = Math.min(block, length - start);
      sums.fill(0);
      for (const [coefficient, vector] of terms) for (let i = 0; i < count; i++) sums[i] += coefficient * vector[start + i];
      for (let i = 0; i < count; i++) out[start + i] = sums[i];
    }
  }
  return out;
}
