import { arena, arenaFloats, changedValues, firstLaunches, type Launch, type LaunchList, type Value, valuesOf } from './launch-list.js';

/** Floats below which memory is not worth a launch. */
const smallest = 2 ** 14;

/**
 * Have the reverse part run kernels of the forward part again, just before it needs what they made, so that nothing of it is kept in between. The bits are the same. A
 * value is kept after all where that takes no more memory than what it is made from.
 *
 * Source: Chen et al. 2016, Training Deep Nets with Sublinear Memory Cost; here without a second run of any product.
 */
export function repeatedLaunches(list: LaunchList, repeated: ReadonlySet<string>): LaunchList {
  const { forward } = list;
  const first = firstLaunches(list);
  const changed = changedValues(list);
  const isRepeatable = (value: number): boolean => {
    const { kernel, operands } = list.launches[first[value]!];
    return repeated.has(kernel) && arenaFloats(list, [value]) >= smallest && !operands.some((operand) => changed.has(operand!));
  };
  /** What a value is made from that lies in the arena. */
  const sourcesOf = (value: number): number[] =>
    valuesOf(list.launches[first[value]!]).filter((other) => first[other]! < first[value]! && list.values[other].space === arena);
  const isOld = (value: number): boolean => list.values[value].space === arena && first[value]! < forward;

  const read = new Set(list.launches.slice(forward).flatMap(valuesOf).filter(isOld));
  const kept = new Set([...read].filter((value) => !isRepeatable(value)));
  /** What would have to be kept for a value to be made again. */
  const needed = (value: number): number[] => (kept.has(value) ? [] : isRepeatable(value) ? sourcesOf(value).flatMap(needed) : [value]);
  for (const value of [...read].filter(isRepeatable).sort((a, b) => first[a]! - first[b]!)) {
    const sources = new Set(needed(value));
    const worthIt = arenaFloats(list, sources) < arenaFloats(list, [value]);
    for (const each of worthIt ? sources : [value]) kept.add(each);
  }

  const values: Value[] = [...list.values];
  const launches: Launch[] = list.launches.slice(0, forward);
  const again = new Map<number, number>();
  /** Return the value that stands for one of the forward part, made again if it is not kept. */
  const remade = (value: number): number => {
    if (!isOld(value) || kept.has(value)) return value;
    const known = again.get(value);
    if (known !== undefined) return known;
    const at = first[value]!;
    const launch = list.launches[at];
    for (const result of valuesOf(launch))
      if (first[result] === at && !kept.has(result)) again.set(result, values.push(list.values[result]) - 1);
    launches.push(onOthers(launch, (other) => (first[other] === at ? (again.get(other) ?? other) : remade(other))));
    return again.get(value)!;
  };
  for (const launch of list.launches.slice(forward)) launches.push(onOthers(launch, remade));
  return { values, launches, forward };
}

/** The same kernel on other values. */
const onOthers = (launch: Launch, other: (value: number) => number): Launch => ({
  ...launch,
  operands: launch.operands.map((value) => (value === undefined ? undefined : other(value))),
});
