import type { NoiseLevel } from '@tract/schedules';

const near = (x: number) => Math.abs(x - 1) < 1e-6;

/**
 * The level between two whose sigma / alpha is `ratio`, on their curve where that is known (alpha equal, variance preserving, flow matching), else with
 * alpha geometric in the ratio.
 */
export function levelBetween(from: NoiseLevel, to: NoiseLevel, ratio: number): NoiseLevel {
  const both = (size: (level: NoiseLevel) => number) => near(size(from)) && near(size(to));
  let { alpha } = to;
  if (from.alpha === to.alpha) return { alpha, sigma: ratio * alpha };
  if (both(({ alpha, sigma }) => alpha ** 2 + sigma ** 2)) alpha = 1 / Math.hypot(1, ratio);
  else if (both(({ alpha, sigma }) => alpha + sigma)) alpha = 1 / (1 + ratio);
  else if (to.sigma > 0) {
    const [start, end] = [from.sigma / from.alpha, to.sigma / to.alpha];
    alpha = from.alpha * (to.alpha / from.alpha) ** (Math.log(ratio / start) / Math.log(end / start));
  }
  return { alpha, sigma: ratio * alpha };
}

/** The ratio half way between two levels in ln(sigma / alpha). */
export const middleRatio = (from: NoiseLevel, to: NoiseLevel): number => Math.sqrt((from.sigma / from.alpha) * (to.sigma / to.alpha));
