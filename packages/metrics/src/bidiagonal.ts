/** A squared length that is zero beside a matrix whose largest entry is 1; its inverse would overflow near the bottom of the number range. */
const NOTHING = 1e-290;

/**
 * Reduces a, [m, n] with m ≥ n, by left reflections I - factor v vᵀ on columns and right ones I - factor u uᵀ on rows. Returns B as
 * B(0,0), B(0,1), B(1,1), B(1,2), …, B(n-1,n-1), 0.
 *
 * One pass over what is left of the matrix for each column: a row takes both reflections while it is in the cache, and adds its
 * share to the next column's product with the matrix.
 */
export function bidiagonalise(a: Float64Array, m: number, n: number): Float64Array {
  const entries = new Float64Array(2 * n);
  const v = new Float64Array(m);
  const u = new Float64Array(n);
  // columnProduct = xᵀ A, with x the column that is reflected next.
  let columnProduct = new Float64Array(n);
  let nextProduct = new Float64Array(n);
  for (let i = 0; i < m; i++) addScaled(columnProduct, a, i * n, 0, n, a[i * n]);
  for (let k = 0; k < n; k++) {
    const squares = columnProduct[k];
    const corner = a[k * n + k];
    const diagonal = corner > 0 ? -Math.sqrt(squares) : Math.sqrt(squares);
    const leftFactor = squares > NOTHING ? 1 / (squares - diagonal * corner) : 0;
    entries[2 * k] = diagonal;
    if (k === n - 1) break;
    for (let i = k; i < m; i++) v[i] = a[i * n + k];
    v[k] -= diagonal;
    // w = leftFactor · vᵀ A, as vᵀ A = xᵀ A - diagonal · (row k of A); the two have the same sign, so nothing cancels.
    const w = columnProduct;
    for (let j = k + 1; j < n; j++) {
      w[j] = leftFactor * (w[j] - diagonal * a[k * n + j]);
      u[j] = a[k * n + j] - v[k] * w[j];
    }
    const right = rowReflection(u, k + 1);
    entries[2 * k + 1] = right.entry;
    nextProduct.fill(0, k + 1);
    for (let i = k + 1; i < m; i++) {
      const row = i * n;
      const vi = v[i];
      let dot = 0;
      for (let j = k + 1; j < n; j++) {
        const value = a[row + j] - vi * w[j];
        a[row + j] = value;
        dot += value * u[j];
      }
      addScaled(a, u, 0, k + 1, n, -right.factor * dot, row);
      addScaled(nextProduct, a, row, k + 1, n, a[row + k + 1]);
    }
    [columnProduct, nextProduct] = [nextProduct, columnProduct];
  }
  return entries;
}

/** target(j) += factor · source(j) for j in [from, to). */
function addScaled(
  target: Float64Array,
  source: Float64Array,
  sourceStart: number,
  from: number,
  to: number,
  factor: number,
  targetStart = 0,
): void {
  for (let j = from; j < to; j++) target[targetStart + j] += factor * source[sourceStart + j];
}

/** Turn u, from entry `first` on, into the vector of the reflection that leaves only `entry` at `first`. */
function rowReflection(u: Float64Array, first: number): { entry: number; factor: number } {
  let squares = 0;
  for (let j = first; j < u.length; j++) squares += u[j] * u[j];
  if (squares <= NOTHING) return { entry: 0, factor: 0 };
  const entry = u[first] > 0 ? -Math.sqrt(squares) : Math.sqrt(squares);
  const factor = 1 / (squares - entry * u[first]);
  u[first] -= entry;
  return { entry, factor };
}
