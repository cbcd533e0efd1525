import { type FeatureStatistics, requireFinite } from './feature-statistics.js';
import { matrixKernels } from './matrix-kernels.js';
import { type SemidefiniteFactor, semidefiniteFactor } from './semidefinite-factor.js';
import { singularValues } from './singular-values.js';

/** Covariance that is indefinite beyond the rounding of float64, as sums in float32 make it: `of` says whose, a's or b's. */
export type IndefiniteCovariance = { readonly of: 'a' | 'b'; readonly smallest: number; readonly largest: number };

export type FrechetOptions = {
  /** Called for each covariance with an eigenvalue below zero; such values count as zero. */
  readonly onIndefinite?: (covariance: IndefiniteCovariance) => void;
};

/** Rows of a triangular factor whose common zeros are left out of a product. */
const BAND = 128;

/**
 * Return the Fréchet distance (2-Wasserstein, squared) between the Gaussians with the given statistics: |μ₁ - μ₂|² + tr S₁ + tr S₂ - 2 tr (S₁^½ S₂ S₁^½)^½. The FID when
 * the features are Inception's. Source: Dowson & Landau 1982; Heusel et al. 2017.
 *
 * With S₁ = F₁ᵀF₁ and S₂ = F₂ᵀF₂, the last trace is the sum of the singular values of F₁F₂ᵀ: no square root of a matrix, nothing complex, and zero
 * eigenvalues of rank-deficient statistics (fewer samples than features) stay zero. The result is never NaN; what rounding makes negative is 0.
 * Eigenvalues below zero of a covariance that is a little indefinite, because it was summed up in float32, count as zero, as in published programs.
 *
 * @throws RangeError when the dimensions differ, a number is not finite or a covariance is not positive semidefinite.
 */
export function frechetDistance(a: FeatureStatistics, b: FeatureStatistics, { onIndefinite }: FrechetOptions = {}): number {
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
  for (const [of, { indefinite }] of [['a', first] as const, ['b', second] as const]) if (indefinite) onIndefinite?.({ of, ...indefinite });
  const overlap = singularValues(factorProduct(first, second, n), first.rank, second.rank);
  return Math.max(0, distance - 2 * overlap.reduce((sum, value) => sum + value, 0));
}

/** Return F₁F₂ᵀ, [rank 1, rank 2]. Row i of a triangular F₁ is zero before column i in F₁'s order, into which F₂'s columns are brought. */
function factorProduct(first: SemidefiniteFactor, second: SemidefiniteFactor, n: number): Float64Array {
  const place = new Uint32Array(n);
  for (const [column, index] of second.order.entries()) place[index] = column;
  const reordered = new Float64Array(second.rank * n);
  for (let row = 0; row < second.rank; row++) {
    for (let column = 0; column < n; column++) reordered[row * n + column] = second.rows[row * n + place[first.order[column]]];
  }
  const product = new Float64Array(first.rank * second.rank);
  for (let i = 0; i < first.rank; i += BAND) {
    const start = first.indefinite ? 0 : i;
    const a = { a: first.rows.subarray(i * n + start), aRows: Math.min(BAND, first.rank - i), aStep: n };
    const b = { b: reordered.subarray(start), bRows: second.rank, bStep: n };
    matrixKernels().addRowProducts({ ...a, ...b, width: n - start, out: product.subarray(i * second.rank), outStep: second.rank });
  }
  return product;
}
