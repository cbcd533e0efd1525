import { type Shape, sizeOf } from './shape.js';

/** A tensor of a program: where it lies. Offset in floats from the beginning of its space. */
export type Value = { readonly shape: Shape; readonly space: number; readonly offset: number };

/** One kernel: its operands are values by index (undefined for an absent optional one), its numbers are the kernel's plain arguments. */
export type Launch = { readonly kernel: string; readonly operands: readonly (number | undefined)[]; readonly numbers: readonly number[] };

/** Launches on values, before those of the arena have a place. The first that names a value of the arena makes it. Those from `forward` on are the reverse part. */
export type LaunchList = { readonly values: readonly Value[]; readonly launches: readonly Launch[]; readonly forward: number };

/** What a backend allows a program to do with its kernels, by name. */
export type KernelTraits = {
  /** Those that the reverse part runs again, rather than keep what they made in the forward part. */
  readonly repeated: ReadonlySet<string>;
  /** The result by its place among the operands that a kernel may write over an operand of the same size, and those operands in order of preference. */
  readonly overwrites: Readonly<Record<string, { readonly result: number; readonly operands: readonly number[] }>>;
};

/** The first space of every program. */
export const arena = 0;

export const valuesOf = ({ operands }: Launch): number[] => [...new Set(operands.filter((operand) => operand !== undefined))];

/** Floats of those of the values that lie in the arena. */
export const arenaFloats = ({ values }: LaunchList, which: Iterable<number>): number => {
  let floats = 0;
  for (const i of which) if (values[i].space === arena) floats += sizeOf(values[i].shape);
  return floats;
};

/** Return for each value the launch that names it first. */
export function firstLaunches({ values, launches }: LaunchList): readonly (number | undefined)[] {
  const first = new Array<number | undefined>(values.length).fill(undefined);
  for (const [at, launch] of launches.entries()) for (const value of valuesOf(launch)) first[value] ??= at;
  return first;
}

/** Return the values that a launch may change which others have made: it names them twice. A launch on such a value cannot be moved or run again. */
export function changedValues({ launches }: LaunchList): ReadonlySet<number> {
  const changed = new Set<number>();
  for (const { operands } of launches)
    for (const [i, value] of operands.entries()) if (value !== undefined && operands.indexOf(value) < i) changed.add(value);
  return changed;
}
