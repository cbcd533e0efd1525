import type { NoiseLevel } from '@tract/schedules';

/**
 * Neighbours in a list of levels: the steps of a sampler.
 *
 * @throws RangeError, in the sampler's name, when there is no step.
 */
export function pairs(sampler: string, levels: readonly NoiseLevel[]): (readonly [NoiseLevel, NoiseLevel])[] {
  if (levels.length < 2) throw new RangeError(`${sampler}: needs at least two noise levels, got ${levels.length}`);
  return levels.slice(1).map((to, i) => [levels[i], to] as const);
}
