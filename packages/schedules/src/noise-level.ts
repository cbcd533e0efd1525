/** One point of the noise scale: xt = alpha·x0 + sigma·eps. Both unitless and ≥ 0. */
export type NoiseLevel = { readonly alpha: number; readonly sigma: number };

/**
 * The variance preserving level of a log signal-to-noise ratio: alpha² = sigmoid(logSNR), sigma² = sigmoid(−logSNR).
 * Each is worked out from the side where nothing cancels, so alpha keeps all its digits at −700 and sigma at +700.
 *
 * @throws RangeError when logSNR is NaN.
 */
export function logSNRToLevel(logSNR: number): NoiseLevel {
  if (Number.isNaN(logSNR)) throw new RangeError('logSNRToLevel: logSNR must be a number, got NaN');
  return vpLevel(logSNR);
}

/** The same, unchecked. */
export const vpLevel = (logSNR: number): NoiseLevel => ({ alpha: rootSigmoid(logSNR), sigma: rootSigmoid(-logSNR) });

/**
 * 2·ln(alpha / sigma), for VP and VE levels alike. +Infinity without noise, −Infinity without signal.
 *
 * @throws RangeError unless alpha and sigma are ≥ 0 and not both 0.
 */
export function levelToLogSNR({ alpha, sigma }: NoiseLevel): number {
  if (!(alpha >= 0 && sigma >= 0 && alpha + sigma > 0)) {
    throw new RangeError(`levelToLogSNR: alpha and sigma must be ≥ 0 and not both 0, got alpha ${alpha}, sigma ${sigma}`);
  }
  return 2 * (Math.log(alpha) - Math.log(sigma));
}

/** The variance preserving level whose sigma / alpha is `ratio`, a noise scale at alpha = 1; Infinity is pure noise. */
export function ratioLevel(ratio: number): NoiseLevel {
  const alpha = 1 / Math.hypot(1, ratio);
  return { alpha, sigma: ratio === Number.POSITIVE_INFINITY ? 1 : ratio * alpha };
}

/** √sigmoid(x). Below 0 through exp(x/2), which underflows only at x = −1490. */
const rootSigmoid = (x: number): number => Math.exp(Math.min(x, 0) / 2) / Math.sqrt(1 + Math.exp(-Math.abs(x)));
