/** A small generator of numbers in [-0.5, 0.5), the same for a seed every time (a linear congruential one: good enough to fill a test matrix). */
export function randomNumbers(seed: number, count: number): Float64Array {
  let state = seed >>> 0;
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  });
}

/** aᵀ b for a [k, m] and b [k, n], row-major: [m, n]. The plain triple loop that the tests hold the fast code against. */
export function transposeMultiply(a: Float64Array, b: Float64Array, k: number, m: number, n: number): Float64Array {
  const product = new Float64Array(m * n);
  for (let r = 0; r < k; r++) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) product[i * n + j] += a[r * m + i] * b[r * n + j];
    }
  }
  return product;
}

/** Largest absolute difference. */
export const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce(
    (largest, value, i) => Math.max(largest, Math.abs(value - b[i])),
    a.length === b.length ? 0 : Number.POSITIVE_INFINITY,
  );
