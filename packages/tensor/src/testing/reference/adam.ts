import type { AdamNumbers } from '../../adam.js';

/** One leaf of the state in float64; changed in place. */
export type Leaf64 = { p: Float64Array; m: Float64Array; v: Float64Array; averages: Float64Array[] };

/** Do the fused update by its definition, element by element. Returns the norm of the gradients before clipping. */
export function adam64(state: Leaf64[], grads: readonly ArrayLike<number>[], numbers: Required<AdamNumbers>): number {
  const { learningRate, beta1, beta2, epsilon, weightDecay, step, clipNorm, averageRates } = numbers;
  let total = 0;
  for (const grad of grads) for (let i = 0; i < grad.length; i++) total += grad[i] * grad[i];
  const norm = Math.sqrt(total);
  const factor = clipNorm > 0 ? Math.min(1, clipNorm / (norm + 1e-6)) : 1;
  state.forEach(({ p, m, v, averages }, leaf) => {
    for (let i = 0; i < p.length; i++) {
      const g = grads[leaf][i] * factor;
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * g * g;
      p[i] *= 1 - learningRate * weightDecay;
      p[i] -= (learningRate * (m[i] / (1 - beta1 ** step))) / (Math.sqrt(v[i] / (1 - beta2 ** step)) + epsilon);
      for (const [k, average] of averages.entries()) average[i] += (p[i] - average[i]) * averageRates[k];
    }
  });
  return norm;
}
