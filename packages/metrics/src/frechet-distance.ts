import { type FeatureStatistics, requireFinite } from './feature-statistics.js';
import { type SemidefiniteFactor, semidefiniteFactor } from './semidefinite-factor.js';
import { singularValues } from './singular-values.js';

/**
 * Fréchet distance (2-Wasserstein, squared) between the Gaussians with the given statistics: |μ₁ - μ₂|² + tr S₁ + tr S₂ - 2 tr (S₁^½ S₂ S₁^½)^½. The FID when
 * the features are Inception's. Source: Dowson & Landau 1982; Heusel et al. 2017.
 *
 * With S₁ = F₁ᵀF₁ and S₂ = F₂ᵀF₂, the last trace is the sum of the singular values of F₁F₂ᵀ: no square root of a matrix, nothing complex, and zero
 * eigenvalues of rank-deficient statistics (fewer samples than features) stay zero. The result is never NaN; what rounding makes negative is 0.
 *
 * @throws RangeError when the dimensions differ, a number is not finite or a covariance is not positive semidefinite.
 */
export function frechetDistance(a: FeatureStatistics, b: FeatureStatistics): number {
  const n = a.mean.length;
  if (b.mean.length !== n) throw new RangeError(`frechetDistance: statistics of ${n} and of ${b.mean.length} features cannot be compared`);
  for (const { mean, covariance } of [a, b]) {
    if (covariance.length !== n * n)
      throw new RangeError(`frechetDistance: ${n} features need ${n * n} covariances, got ${covariance.length}`);
    requireFinite('frechetDistance: mean', mean);
    requireFinite('frechetDistance: covariance', covariance);
  }
  let distance = 0;
  for (let i = 0; i < n; i++) distance += (a.mean[i] - b.mean[i]) ** 2;
  for (let i = 0; i < n; i++) distance += a.covariance[i * n + i] + b.covariance[i * n + i];
  const [first, second] = [semidefiniteFactor(a.covariance, n), semidefiniteFactor(b.covariance, n)];
  const overlap = singularValues(factorProduct(first, second, n), first.rank, second.rank);
  return Math.max(0, distance - 2 * overlap.reduce((sum, value) => sum + value, 0));
}

/** F₁F₂ᵀ, [rank 1, rank 2]. Row i of F₁ is zero before column i in F₁'s order, into which F₂'s columns are brought. */
function factorProduct(first: SemidefiniteFactor, second: SemidefiniteFactor, n: number): Float64Array {
  const place = new Uint32Array(n);
  for (const [column, index] of second.order.entries()) place[index] = column;
  const reordered = new Float64Array(second.rank * n);
  for (let row = 0; row < second.rank; row++) {
    for (let column = 0; column < n; column++) reordered[row * n + column] = second.rows[row * n + place[first.order[column]]];
  }
  const product = new Float64Array(first.rank * second.rank);
  // Rows of F₁ in pairs, of F₂ in fours: eight sums share each number that is read.
  for (let i = 0; i < first.rank; i += 2) {
    for (let j = 0; j < second.rank; j += 4) multiplyTile(first.rows, reordered, product, n, i, j, first.rank, second.rank);
  }
  return product;
}

/** Entries (i…i+1, j…j+3) of the product; rows beyond the end repeat the last one and are written to the same place. */
function multiplyTile(
  a: Float64Array,
  b: Float64Array,
  product: Float64Array,
  n: number,
  i: number,
  j: number,
  rows: number,
  columns: number,
): void {
  const [i0, i1] = [i, Math.min(i + 1, rows - 1)];
  const [j0, j1, j2, j3] = [j, Math.min(j + 1, columns - 1), Math.min(j + 2, columns - 1), Math.min(j + 3, columns - 1)];
  const [a0, a1, b0, b1, b2, b3] = [i0 * n, i1 * n, j0 * n, j1 * n, j2 * n, j3 * n];
  let [s00, s01, s02, s03, s10, s11, s12, s13] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let c = i; c < n; c++) {
    const x0 = a[a0 + c];
    const x1 = a[a1 + c];
    const y0 = b[b0 + c];
    const y1 = b[b1 + c];
    const y2 = b[b2 + c];
    const y3 = b[b3 + c];
    s00 += x0 * y0;
    s01 += x0 * y1;
    s02 += x0 * y2;
    s03 += x0 * y3;
    s10 += x1 * y0;
    s11 += x1 * y1;
    s12 += x1 * y2;
    s13 += x1 * y3;
  }
  product[i0 * columns + j0] = s00;
  product[i0 * columns + j1] = s01;
  product[i0 * columns + j2] = s02;
  product[i0 * columns + j3] = s03;
  product[i1 * columns + j0] = s10;
  product[i1 * columns + j1] = s11;
  product[i1 * columns + j2] = s12;
  product[i1 * columns + j3] = s13;
}
