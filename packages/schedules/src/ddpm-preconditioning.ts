import type { Preconditioning } from './preconditioning.js';

/** The variances of DDPM's whole training steps: by which rule, how many, and for the two linear ones from where to where. */
export type DdpmBetas = {
  /** 'linear' in beta (Ho et al. 2020), 'scaled-linear' in its root (Rombach et al. 2022), or 'cosine' (Nichol & Dhariwal 2021, none above 0.999). */
  readonly betas?: 'linear' | 'scaled-linear' | 'cosine';
  readonly trainingSteps?: number;
  readonly betaStart?: number;
  readonly betaEnd?: number;
};

const rules = {
  linear: (part: number, low: number, high: number) => low + part * (high - low),
  'scaled-linear': (part: number, low: number, high: number) => (Math.sqrt(low) + part * (Math.sqrt(high) - Math.sqrt(low))) ** 2,
};

/**
 * The noise scales at alpha = 1, rising, of the training steps 0 to trainingSteps − 1: sigma² = (1 − alphaBar) / alphaBar, alphaBar the product of all
 * 1 − beta so far.
 *
 * @throws RangeError when trainingSteps is not a whole number ≥ 2, the rule is not known, or not 0 < betaStart ≤ betaEnd < 1.
 */
export function ddpmSigmas({ betas = 'linear', trainingSteps = 1000, betaStart = 1e-4, betaEnd = 0.02 }: DdpmBetas = {}): number[] {
  if (!(Number.isInteger(trainingSteps) && trainingSteps >= 2))
    throw new RangeError(`ddpmSigmas: trainingSteps must be a whole number ≥ 2, got ${trainingSteps}`);
  if (betas !== 'cosine' && !Object.hasOwn(rules, betas))
    throw new RangeError(`ddpmSigmas: betas must be one of ${Object.keys(rules).join(', ')}, cosine, got ${betas}`);
  if (!(betaStart > 0 && betaStart <= betaEnd && betaEnd < 1))
    throw new RangeError(`ddpmSigmas: needs 0 < betaStart <= betaEnd < 1, got ${betaStart} and ${betaEnd}`);
  const signal = (step: number) => Math.cos(((step / trainingSteps + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
  let alphaBar = 1;
  return Array.from({ length: trainingSteps }, (_, i) => {
    const beta =
      betas === 'cosine' ? Math.min(1 - signal(i + 1) / signal(i), 0.999) : rules[betas](i / (trainingSteps - 1), betaStart, betaEnd);
    alphaBar *= 1 - beta;
    return Math.sqrt((1 - alphaBar) / alphaBar);
  });
}

export type DdpmSettings = DdpmBetas & {
  /** What F predicts. Default 'eps'. */
  readonly predicts?: 'eps' | 'v' | 'x0';
};

/**
 * DDPM: F sees the variance preserving image x / √(1 + sigma²), predicts eps, v = alpha·eps − sigma·x0 or x0 of it, and is told the training step that
 * has this sigma: between two steps by ln sigma, beyond the ends the end. Source: Ho et al. 2020, in the form of Karras et al. 2022, Eq. 7.
 *
 * @throws RangeError as `ddpmSigmas` does, or when `predicts` is not known.
 */
export function ddpmPreconditioning({ predicts = 'eps', ...betas }: DdpmSettings = {}): Preconditioning {
  const logSigmas = ddpmSigmas(betas).map(Math.log);
  const scales = {
    eps: (sigma: number) => ({ cSkip: 1, cOut: -sigma }),
    v: (sigma: number) => ({ cSkip: 1 / (1 + sigma ** 2), cOut: -sigma / Math.hypot(1, sigma) }),
    x0: () => ({ cSkip: 0, cOut: 1 }),
  };
  if (!Object.hasOwn(scales, predicts))
    throw new RangeError(`ddpmPreconditioning: predicts must be one of ${Object.keys(scales).join(', ')}, got ${predicts}`);
  return (sigma) => {
    if (!(sigma > 0 && Number.isFinite(sigma))) throw new RangeError(`ddpmPreconditioning: sigma must be > 0 and finite, got ${sigma}`);
    return { ...scales[predicts](sigma), cIn: 1 / Math.hypot(1, sigma), cNoise: stepOf(logSigmas, Math.log(sigma)) };
  };
}

/** Where `value` lies among rising values, by linear interpolation. */
function stepOf(rising: readonly number[], value: number): number {
  const after = rising.findIndex((one) => one >= value);
  if (after < 0) return rising.length - 1;
  if (after === 0) return 0;
  const [low, high] = [rising[after - 1], rising[after]];
  return after - 1 + (value - low) / (high - low);
}
