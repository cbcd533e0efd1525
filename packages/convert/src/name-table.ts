import type { Tensors } from './foreign-checkpoint.js';

/** Names and shape of the arrays that something in a network is made from. */
export type Wanted = { readonly names: readonly string[]; readonly shape: readonly number[] };

/** Return the names and shapes that a network wants: those of its parameters, by leaf path, and of arrays stored beside them, by name. */
export const wantedBy = (
  places: ReadonlyMap<string, Wanted>,
  constants: ReadonlyMap<string, { readonly shape: readonly number[] }> = new Map(),
) => new Map<string, Wanted>([...places, ...Array.from(constants, ([name, { shape }]) => [name, { names: [name], shape }] as const)]);

/** Fate of every name of a checkpoint and of a network. */
export type NameTable = {
  readonly mapped: readonly { readonly from: readonly string[]; readonly to: string; readonly shape: readonly number[] }[];
  /** Names of the checkpoint that have no place in the network. */
  readonly leftOver: readonly string[];
  /** Names that the network needs and the checkpoint lacks. */
  readonly missing: readonly string[];
  /** Names that both have, with different shapes. */
  readonly differing: readonly { readonly name: string; readonly expected: readonly number[]; readonly found: readonly number[] }[];
};

/** Compare the names and shapes that a network wants with those of a checkpoint. */
export function matchNames(wantedBy: ReadonlyMap<string, Wanted>, tensors: Tensors): NameTable {
  const wanted = [...wantedBy].flatMap(([to, { names, shape }]) => names.map((name) => ({ to, name, shape })));
  const known = new Set(wanted.map(({ name }) => name));
  const differing = wanted.flatMap(({ name, shape }) => {
    const found = tensors.get(name)?.shape;
    return found && `${found}` !== `${shape}` ? [{ name, expected: shape, found }] : [];
  });
  const bad = new Set(differing.map(({ name }) => name));
  return {
    mapped: [...wantedBy]
      .filter(([, { names }]) => names.every((name) => tensors.has(name) && !bad.has(name)))
      .map(([to, { names, shape }]) => ({ from: names, to, shape })),
    leftOver: [...tensors.keys()].filter((name) => !known.has(name)),
    missing: wanted.map(({ name }) => name).filter((name) => !tensors.has(name)),
    differing,
  };
}

/** Return the faults of a table in words, or undefined if every name has its place. */
export function faultOf({ leftOver, missing, differing }: NameTable): string | undefined {
  const first = (names: readonly string[]) => `'${names[0]}'${names.length > 1 ? ' and others' : ''}`;
  const faults = [
    ...(leftOver.length > 0 ? [`${leftOver.length} left over (${first(leftOver)})`] : []),
    ...(missing.length > 0 ? [`${missing.length} missing (${first(missing)})`] : []),
    ...(differing.length > 0
      ? [`${differing.length} of another shape ('${differing[0].name}' is [${differing[0].found}], expected [${differing[0].expected}])`]
      : []),
  ];
  return faults.length === 0 ? undefined : faults.join(', ');
}
