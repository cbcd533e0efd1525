/**
 * Divide the probability of ln sigma ~ N(mean, sd²) among the intervals between rising noise scales, as cumulated fractions: entry i is the probability
 * of the intervals up to that from sigmas[i] to sigmas[i + 1], under the condition that sigma lies in one of them; the last is 1. Source: Song & Dhariwal
 * 2023, Section 3.5, where mean is −1.1 and sd 2.
 *
 * @throws RangeError when there are fewer than two scales, they do not rise from above 0, or sd is not > 0.
 */
export function lognormalIntervals(sigmas: readonly number[], { mean = -1.1, sd = 2 } = {}): number[] {
  if (!(sigmas.length >= 2 && sigmas[0] > 0 && sigmas.every((sigma, i) => i === 0 || sigma > sigmas[i - 1])))
    throw new RangeError(`lognormalIntervals: needs two or more scales that rise from above 0, got [${sigmas}]`);
  if (!(sd > 0)) throw new RangeError(`lognormalIntervals: sd must be > 0, got ${sd}`);
  const below = sigmas.map((sigma) => erf((Math.log(sigma) - mean) / (sd * Math.SQRT2)));
  const [least, most] = [below[0], below[below.length - 1]];
  return below.slice(1).map((value) => (value - least) / (most - least));
}

/** Compute the error function to float64's precision, by the series 2/√π · exp(−x²) · Σ 2ⁿ x²ⁿ⁺¹ / (2n + 1)!!, whose terms do not cancel. */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x); // 1 − erf(6) is 2e-17
  let [term, sum] = [size, 0];
  for (let n = 1; term > sum * 1e-17; n++) {
    sum += term;
    term *= (2 * size * size) / (2 * n + 1);
  }
  return (Math.sign(x) * 2 * Math.exp(-size * size) * sum) / Math.sqrt(Math.PI);
}
