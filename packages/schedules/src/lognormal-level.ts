import type { NoiseLevel } from './noise-level.js';

/**
 * Level at the quantile u in (0, 1) of EDM's training distribution: alpha = 1, ln sigma ~ N(mean, sd²). Uniform draws of u give levels of that distribution,
 * stratified ones too. Source: Karras et al. 2022, Table 1.
 *
 * @throws RangeError when u is not in (0, 1) or sd is not > 0.
 */
export function lognormalLevel(u: number, { mean = -1.2, sd = 1.2 } = {}): NoiseLevel {
  if (!(u > 0 && u < 1)) throw new RangeError(`lognormalLevel: u must be in (0, 1), got ${u}`);
  if (!(sd > 0)) throw new RangeError(`lognormalLevel: sd must be > 0, got ${sd}`);
  return { alpha: 1, sigma: Math.exp(mean + sd * normalQuantile(u)) };
}

// Numerators and denominators, from the highest power down, of the quantile's approximation in the middle and in the tails.
const middle = {
  over: [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239],
  under: [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1],
};
const tail = {
  over: [-0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783],
  under: [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1],
};
const tailWidth = 0.02425;

const polynomial = (coefficients: readonly number[], x: number): number => coefficients.reduce((sum, c) => sum * x + c, 0);
const ratio = ({ over, under }: typeof middle, x: number): number => polynomial(over, x) / polynomial(under, x);

/** The standard normal's value at quantile u, to 1.2e-9 of itself. Source: Acklam 2003. */
function normalQuantile(u: number): number {
  if (u > 0.5) return -normalQuantile(1 - u);
  if (u < tailWidth) return ratio(tail, Math.sqrt(-2 * Math.log(u)));
  return (u - 0.5) * ratio(middle, (u - 0.5) ** 2);
}
