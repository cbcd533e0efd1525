import type { NoiseLevel } from '@tract/schedules';

/**
 * Neighbours in a list of levels: the steps of a sampler.
 *
 * @throws RangeError, in the sampler's name, when there is no step.
 */
export const pairs = (sampler: string, levels: readonly NoiseLevel[]) => neighbours(sampler, 'noise levels', levels);

/** The same for any list. */
export function neighbours<S>(sampler: string, what: string, list: readonly S[]): (readonly [S, S])[] {
  if (list.length < 2) throw new RangeError(`${sampler}: needs at least two ${what}, got ${list.length}`);
  return list.slice(1).map((to, i) => [list[i], to] as const);
}
