import type { NoiseLevel } from '@tract/schedules';

export type StepLevels = readonly [from: NoiseLevel, to: NoiseLevel];

/**
 * Pair the neighbours of a list of levels: the steps of a sampler.
 *
 * @throws RangeError, in the sampler's name, for fewer than two levels, one that is not a level, or one that is not cleaner than the one before.
 */
export function fallingSteps(sampler: string, levels: readonly NoiseLevel[]): StepLevels[] {
  levels.forEach(({ alpha, sigma }, i) => {
    const before = levels[i - 1];
    const fault = !(alpha >= 0 && sigma >= 0 && alpha + sigma > 0 && alpha + sigma < Infinity)
      ? 'needs finite alpha and sigma >= 0, not both 0'
      : before && !(before.sigma * alpha > sigma * before.alpha)
        ? 'must be cleaner than the one before'
        : '';
    if (fault) throw new RangeError(`${sampler}: level ${i} (alpha ${alpha}, sigma ${sigma}) ${fault}`);
  });
  if (levels.length < 2) throw new RangeError(`${sampler}: needs at least two noise levels, got ${levels.length}`);
  return levels.slice(1).map((to, i) => [levels[i], to]);
}

/** Pair falling levels for a method that has no limit at alpha = 0. @throws RangeError as `fallingSteps` does, and at alpha = 0, naming the remedy. */
export function stepsWithSignal(sampler: string, levels: readonly NoiseLevel[], remedy: string): StepLevels[] {
  const steps = fallingSteps(sampler, levels);
  if (levels[0].alpha === 0) throw new RangeError(`${sampler}: level 0 (alpha 0): the method has no limit at alpha = 0; use ${remedy}`);
  return steps;
}

/** Pair the neighbours of levels that rise, clean to noisy; the last needs alpha > 0. @throws RangeError as `stepsWithSignal` does. */
export const risingSteps = (sampler: string, levels: readonly NoiseLevel[]): StepLevels[] =>
  stepsWithSignal(sampler, [...levels].reverse(), 'a last level with alpha > 0')
    .map(([noisy, clean]): StepLevels => [clean, noisy])
    .reverse();

/** @throws RangeError, in the sampler's name, for fewer than two times. */
export function requireTimes(sampler: string, times: readonly number[]): void {
  if (times.length < 2) throw new RangeError(`${sampler}: needs at least two times, got ${times.length}`);
}

/** @throws RangeError, in the sampler's name, when an option is not a number in [low, high]. */
export function requireOption(sampler: string, option: string, value: number, low: number, high = Infinity): void {
  if (!(value >= low && value <= high)) throw new RangeError(`${sampler}: ${option} must be in [${low}, ${high}], got ${value}`);
}

/** Refuse an eta outside [0, 1] and a standard deviation of the noise that is no number >= 0. @throws RangeError as `requireOption` does. */
export function requireNoise(sampler: string, eta: number, noiseScale: number): void {
  requireOption(sampler, 'eta', eta, 0, 1);
  requireOption(sampler, 'noiseScale', noiseScale, 0);
}

/** @throws RangeError, in the sampler's name, when an option is not a whole number in [low, high]. */
export function requireWhole(sampler: string, option: string, value: number, low: number, high = Infinity): void {
  requireOption(sampler, option, value, low, high);
  if (!Number.isInteger(value)) throw new RangeError(`${sampler}: ${option} must be a whole number, got ${value}`);
}

/** @throws RangeError, in the sampler's name, when an option is none of its choices. */
export function requireChoice(sampler: string, option: string, value: string, ...choices: readonly string[]): void {
  if (!choices.includes(value)) throw new RangeError(`${sampler}: ${option} must be ${choices.join(' or ')}, got ${value}`);
}

/** Return the highest order of a step by `lowerOrderFinal`, which says how many steps from the last image on orders fall from 1; 1 for true. */
export const orderLeft = (lowerOrderFinal: boolean | number, index: number, total: number): number =>
  lowerOrderFinal === false ? Infinity : total - index + Number(lowerOrderFinal) - 1;
