import { arenaFloats, changedValues, firstLaunches, type LaunchList, valuesOf } from './launch-list.js';

/**
 * Move each launch of the reverse part to just before the first that needs what it makes, where that is more than what it alone would keep in memory until then. Of
 * the two gradients of a convolution, that of the input then comes after that of the filter, and what only the latter reads is gone.
 */
export function delayedLaunches(list: LaunchList): LaunchList {
  const first = firstLaunches(list);
  const changed = changedValues(list);
  const launches = [...list.launches];
  const made = new Map(launches.map((launch, at) => [launch, valuesOf(launch).filter((value) => first[value] === at)]));
  const needs = (at: number, values: readonly number[]): boolean =>
    launches[at].operands.some((value) => value !== undefined && values.includes(value));
  for (let at = launches.length - 1; at >= list.forward; at--) {
    const launch = launches[at];
    const named = valuesOf(launch);
    if (named.some((value) => changed.has(value))) continue;
    const results = made.get(launch)!;
    let use = at + 1;
    while (use < launches.length && !needs(use, results)) use++;
    if (use === at + 1 || use === launches.length) continue;
    const usedFrom = (from: number, value: number): boolean => launches.slice(from).some(({ operands }) => operands.includes(value));
    const kept = named.filter((value) => !results.includes(value) && !usedFrom(use - 1, value));
    if (arenaFloats(list, kept) >= arenaFloats(list, results)) continue;
    launches.splice(at, 1);
    launches.splice(use - 1, 0, launch);
  }
  return { ...list, launches };
}
