/** Mean of some seeds' results, and how far it can be trusted. */
export type Spread = {
  readonly count: number;
  readonly mean: number;
  /** Standard deviation over the seeds, with n − 1; undefined for one. */
  readonly sd?: number;
};

/** Compute mean and standard deviation. @throws RangeError when there is no value. */
export function spreadOf(values: readonly number[]): Spread {
  const count = values.length;
  if (count === 0) throw new RangeError('spreadOf: expected at least one value');
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count === 1) return { count, mean };
  return { count, mean, sd: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1)) };
}

/** What results say of a claim that one mean is below another. */
export type Verdict = 'confirmed' | 'refuted' | 'not told apart' | 'one seed';

/**
 * Judge the claim that a mean is below another: only a difference above two of its standard errors, √(sd₁²/n₁ + sd₂²/n₂), says anything, and single seeds
 * nothing.
 */
export function judge(lower: Spread, higher: Spread): Verdict {
  if (lower.sd === undefined || higher.sd === undefined) return 'one seed';
  const error = Math.sqrt(lower.sd ** 2 / lower.count + higher.sd ** 2 / higher.count);
  const difference = higher.mean - lower.mean;
  if (Math.abs(difference) <= 2 * error) return 'not told apart';
  return difference > 0 ? 'confirmed' : 'refuted';
}
