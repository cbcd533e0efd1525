import type { NoiseLevel } from '@tract/schedules';

export type StepLevels = readonly [from: NoiseLevel, to: NoiseLevel];

/**
 * Pair the neighbours of a list of levels: the steps of a sampler.
 *
 * @param ofNoise false for samplers that have no limit at alpha = 0; the remedy is named.
 * @throws RangeError, in the sampler's name, for fewer than two levels, one that is not a level, or one that is not cleaner than the one before.
 */
export function fallingSteps(sampler: string, levels: readonly NoiseLevel[], remedy?: string): StepLevels[] {
  levels.forEach(({ alpha, sigma }, i) => {
    const before = levels[i - 1];
    const fault = !(alpha >= 0 && sigma >= 0 && alpha + sigma > 0 && alpha + sigma < Infinity)
      ? ' needs finite alpha and sigma >= 0, not both 0'
      : before && !(before.sigma * alpha > sigma * before.alpha)
        ? ' must have less noise than the one before, each level once'
        : alpha === 0 && remedy
          ? `: the method has no limit at alpha = 0; use ${remedy}`
          : '';
    if (fault) throw new RangeError(`${sampler}: level ${i} (alpha ${alpha}, sigma ${sigma})${fault}`);
  });
  return neighbours(sampler, 'noise levels', levels);
}

/** Pair the neighbours of levels that rise, clean to noisy; the last needs alpha > 0. @throws RangeError as `fallingSteps` does. */
export const risingSteps = (sampler: string, levels: readonly NoiseLevel[]): StepLevels[] =>
  fallingSteps(sampler, [...levels].reverse(), 'a last level with alpha > 0')
    .map(([noisy, clean]): StepLevels => [clean, noisy])
    .reverse();

/** @throws RangeError, in the sampler's name, when the list has fewer than two entries. */
export function neighbours<S>(sampler: string, noun: string, list: readonly S[]): (readonly [S, S])[] {
  if (list.length < 2) throw new RangeError(`${sampler}: needs at least two ${noun}, got ${list.length}`);
  return list.slice(1).map((to, i) => [list[i], to] as const);
}

/** @throws RangeError, in the sampler's name, when an option is not a number in [low, high]. */
export function requireOption(sampler: string, option: string, value: number, low: number, high = Infinity): void {
  if (!(value >= low && value <= high)) throw new RangeError(`${sampler}: ${option} must be in [${low}, ${high}], got ${value}`);
}

/** Return the highest order of a step by `lowerOrderFinal`, which says how many steps from the last image on orders fall from 1; 1 for true. */
export const orderLeft = (lowerOrderFinal: boolean | number, index: number, total: number): number =>
  lowerOrderFinal === false ? Infinity : total - index + Number(lowerOrderFinal) - 1;
