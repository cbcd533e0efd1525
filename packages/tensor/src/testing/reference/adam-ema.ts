import type { AdamEmaHyper } from '../../adam-ema.js';

/** One leaf of the state in float64; changed in place. */
export type Leaf64 = { p: Float64Array; m: Float64Array; v: Float64Array; s?: Float64Array; e?: Float64Array };

/** The fused update by its definition, element by element. Returns the norm of the gradients before clipping. */
export function adamEma64(state: Leaf64[], grads: readonly ArrayLike<number>[], hyper: Required<AdamEmaHyper>): number {
  const { learningRate, beta1, beta2, epsilon, step, clipNorm, selfRate, emaRate } = hyper;
  let total = 0;
  for (const grad of grads) for (let i = 0; i < grad.length; i++) total += grad[i] * grad[i];
  const norm = Math.sqrt(total);
  const factor = clipNorm > 0 ? Math.min(1, clipNorm / (norm + 1e-6)) : 1;
  state.forEach(({ p, m, v, s, e }, leaf) => {
    for (let i = 0; i < p.length; i++) {
      const g = grads[leaf][i] * factor;
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * g * g;
      p[i] -= (learningRate * (m[i] / (1 - beta1 ** step))) / (Math.sqrt(v[i] / (1 - beta2 ** step)) + epsilon);
      if (s !== undefined) s[i] += (p[i] - s[i]) * selfRate;
      if (e !== undefined) e[i] += (p[i] - e[i]) * emaRate;
    }
  });
  return norm;
}
