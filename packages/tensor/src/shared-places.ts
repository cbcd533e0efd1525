import type { Lifetime } from './arena-plan.js';
import { arena, firstLaunches, type KernelTraits, type LaunchList } from './launch-list.js';
import { sizeOf } from './shape.js';

/**
 * Let results take the places of operands of their size that nobody needs afterwards. Returns for each value the one whose place it takes, mostly its own. The lifetime of
 * a place that is taken is prolonged.
 *
 * @param lifetimes those of the values. CHANGED.
 */
export function sharedPlaces(
  list: LaunchList,
  lifetimes: readonly { -readonly [K in keyof Lifetime]: Lifetime[K] }[],
  overwrites: KernelTraits['overwrites'],
): readonly number[] {
  const { values, launches } = list;
  const first = firstLaunches(list);
  const places = values.map((_, i) => i);
  for (const [at, { kernel, operands }] of launches.entries()) {
    const row = overwrites[kernel];
    const result = row && operands[row.result];
    if (result === undefined || first[result] !== at || values[result].space !== arena) continue;
    const ends = (value: number | undefined): boolean =>
      value !== undefined &&
      values[value].space === arena &&
      sizeOf(values[value].shape) === sizeOf(values[result].shape) &&
      lifetimes[places[value]].dies === at + 1;
    const over = row.operands.map((i) => operands[i]).find(ends);
    if (over === undefined) continue;
    places[result] = places[over];
    lifetimes[places[over]].dies = lifetimes[result].dies;
  }
  return places;
}
