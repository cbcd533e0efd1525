import { iddpmSigmas } from './ablation-grids.js';
import { linearBetaProcess } from './continuous-process.js';
import { requireSteps } from './time-grid.js';

/**
 * Scales that make a network F a denoiser D of x = x0 + sigma·eps: D(x; sigma) = cSkip·x + cOut·F(cIn·x; cNoise).
 * Source: Karras et al. 2022, Eq. 7.
 */
export type PreconditioningScales = { readonly cSkip: number; readonly cOut: number; readonly cIn: number; readonly cNoise: number };

/**
 * The scales at a noise level, from its sigma at alpha = 1 (sigma / alpha in general).
 *
 * @throws RangeError unless sigma is > 0 and finite.
 */
export type Preconditioning = (sigma: number) => PreconditioningScales;

/**
 * EDM: F sees unit variance and is asked for unit variance at every level, and its error is amplified as little as possible. Source: Karras et al. 2022, Table 1.
 *
 * @param sigmaData standard deviation of the data, 0.5 in the source.
 * @throws RangeError when sigmaData is not > 0.
 */
export function edmPreconditioning(sigmaData = 0.5): Preconditioning {
  if (!(sigmaData > 0)) throw new RangeError(`edmPreconditioning: sigmaData must be > 0, got ${sigmaData}`);
  return (sigma) => {
    requireSigma('edmPreconditioning', sigma);
    const total = Math.hypot(sigma, sigmaData);
    return { cSkip: (sigmaData / total) ** 2, cOut: sigma * (sigmaData / total), cIn: 1 / total, cNoise: Math.log(sigma) / 4 };
  };
}

/**
 * VP: F sees the variance preserving image x / √(1 + sigma²), predicts eps and is conditioned on the training step, 0 to trainingSteps − 1, that has this sigma, which
 * need not be whole. Source: Song et al. 2021 (DDPM++) in the form of Karras et al. 2022, Table 1.
 *
 * @throws RangeError when betaRange, betaMin or trainingSteps is not > 0.
 */
export function vpPreconditioning({ betaRange = 19.9, betaMin = 0.1, trainingSteps = 1000 } = {}): Preconditioning {
  requireTrainingSteps('vpPreconditioning', trainingSteps);
  const { timeOf } = linearBetaProcess({ betaRange, betaMin });
  return (sigma) => {
    requireSigma('vpPreconditioning', sigma);
    return { ...noisePrediction(sigma), cNoise: (trainingSteps - 1) * timeOf(sigma) };
  };
}

/** VE: F sees x itself, predicts −eps and is conditioned on ln(sigma / 2). Source: Song et al. 2021 (NCSN++) in the form of Karras et al. 2022, Table 1. */
export const vePreconditioning = (): Preconditioning => (sigma) => {
  requireSigma('vePreconditioning', sigma);
  return { cSkip: 1, cOut: sigma, cIn: 1, cNoise: Math.log(sigma / 2) };
};

/**
 * iDDPM: as VP, but F is conditioned on the whole training step whose sigma is nearest. Source: Nichol & Dhariwal 2021 in the form of Karras et al. 2022, Table 1.
 *
 * @throws RangeError when trainingSteps is not a whole number ≥ 1.
 */
export function iddpmPreconditioning({ trainingSteps = 1000 } = {}): Preconditioning {
  requireTrainingSteps('iddpmPreconditioning', trainingSteps);
  // From noise to clean: the sigma of step trainingSteps − 1 first, the clean end, which counts as step −1, last.
  const grid = iddpmSigmas(trainingSteps + 1, { sigmaMin: 0, sigmaMax: Number.POSITIVE_INFINITY, trainingSteps });
  return (sigma) => {
    requireSigma('iddpmPreconditioning', sigma);
    return { ...noisePrediction(sigma), cNoise: trainingSteps - 1 - indexOfNearest(grid, sigma) };
  };
}

const noisePrediction = (sigma: number) => ({ cSkip: 1, cOut: -sigma, cIn: 1 / Math.hypot(1, sigma) });

/** Return the index of the nearest of falling values; of two equally near ones the first. */
function indexOfNearest(falling: readonly number[], value: number): number {
  let [low, high] = [0, falling.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (falling[middle] >= value) low = middle;
    else high = middle;
  }
  return falling[low] - value <= value - falling[high] ? low : high;
}

function requireSigma(name: string, sigma: number): void {
  if (!(sigma > 0 && Number.isFinite(sigma))) throw new RangeError(`${name}: sigma must be > 0 and finite, got ${sigma}`);
}

const requireTrainingSteps = (name: string, trainingSteps: number): void => requireSteps(`${name}: trainingSteps`, trainingSteps);
