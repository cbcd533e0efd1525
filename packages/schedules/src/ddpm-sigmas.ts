import { requireSteps } from './time-grid.js';

/** Variances of DDPM's training steps by rule: how many, and for the two linear ones from where to where. */
export type DdpmRule = {
  /** 'linear' in beta (Ho et al. 2020), 'scaled-linear' in its root (Rombach et al. 2022), or 'cosine' (Nichol & Dhariwal 2021, none above 0.999). */
  readonly betas?: 'linear' | 'scaled-linear' | 'cosine';
  /** Default: 1000, or the number of given betas. */
  readonly trainingSteps?: number;
  readonly betaStart?: number;
  readonly betaEnd?: number;
};

/** Variances of DDPM's training steps by rule or number by number. */
export type DdpmBetas = Omit<DdpmRule, 'betas'> & {
  readonly betas?: DdpmRule['betas'] | readonly number[];
  /** Divide alpha² / sigma² of every step by this, as CogVideoX does, before the last loses its signal. Default: 1. */
  readonly snrShift?: number;
  /** Rescale them so that the last step has no signal left. Source: Lin et al. 2023, Algorithm 1. Default: false. */
  readonly zeroTerminalSNR?: boolean;
};

const rules = {
  linear: (part: number, low: number, high: number) => low + part * (high - low),
  'scaled-linear': (part: number, low: number, high: number) => (Math.sqrt(low) + part * (Math.sqrt(high) - Math.sqrt(low))) ** 2,
};

/**
 * The noise scales at alpha = 1, rising, of the training steps 0 to trainingSteps − 1: sigma² = (1 − alphaBar) / alphaBar, alphaBar the product of all
 * 1 − beta so far. With zero terminal SNR the last is Infinity.
 *
 * @throws RangeError when trainingSteps is not a whole number ≥ 2, the rule is not known, or a beta is not in (0, 1).
 */
export function ddpmSigmas(settings: DdpmBetas = {}): number[] {
  const { betas = 'linear', betaStart = 1e-4, betaEnd = 0.02, snrShift = 1, zeroTerminalSNR = false } = settings;
  const given = typeof betas === 'string' ? undefined : betas;
  const trainingSteps = settings.trainingSteps ?? given?.length ?? 1000;
  requireSteps('ddpmSigmas: trainingSteps', trainingSteps, 2);
  if (given && !(given.length === trainingSteps && given.every((beta) => beta > 0 && beta < 1)))
    throw new RangeError(`ddpmSigmas: given betas must be ${trainingSteps} numbers in (0, 1)`);
  if (typeof betas === 'string' && betas !== 'cosine' && !Object.hasOwn(rules, betas))
    throw new RangeError(`ddpmSigmas: betas must be one of ${Object.keys(rules).join(', ')}, cosine, got ${betas}`);
  if (!(betaStart > 0 && betaStart <= betaEnd && betaEnd < 1))
    throw new RangeError(`ddpmSigmas: needs 0 < betaStart <= betaEnd < 1, got ${betaStart} and ${betaEnd}`);
  if (!(snrShift > 0)) throw new RangeError(`ddpmSigmas: snrShift must be > 0, got ${snrShift}`);
  const signal = (step: number) => Math.cos(((step / trainingSteps + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
  const betaOf = (i: number): number => {
    if (typeof betas !== 'string') return betas[i];
    return betas === 'cosine' ? Math.min(1 - signal(i + 1) / signal(i), 0.999) : rules[betas](i / (trainingSteps - 1), betaStart, betaEnd);
  };
  let alphaBar = 1;
  const sigmas = Array.from({ length: trainingSteps }, (_, i) => {
    alphaBar *= 1 - betaOf(i);
    return Math.sqrt((snrShift * (1 - alphaBar)) / alphaBar);
  });
  return zeroTerminalSNR ? withoutLastSignal(sigmas) : sigmas;
}

/** Shift and stretch the alphas so that the last is 0 and the first stays. */
function withoutLastSignal(sigmas: readonly number[]): number[] {
  const alphas = sigmas.map((sigma) => 1 / Math.hypot(1, sigma));
  const [first, last] = [alphas[0], alphas[alphas.length - 1]];
  return alphas.map((alpha, i) => {
    const stretched = i === alphas.length - 1 ? 0 : ((alpha - last) * first) / (first - last);
    return Math.sqrt(1 - stretched ** 2) / stretched;
  });
}

/** The training step, not always whole, that has this noise: between two steps linear in ln sigma, beyond the ends the end. `sigmas` rise. */
export function timestepOf(sigmas: readonly number[], sigma: number): number {
  const after = sigmas.findIndex((one) => one >= sigma);
  if (after < 0) return sigmas.length - 1;
  if (after === 0 || sigmas[after] === sigma) return after;
  const [low, high, value] = [sigmas[after - 1], sigmas[after], sigma].map(Math.log);
  return after - 1 + (value - low) / (high - low);
}
