import { type NamedArray, toFloat32 } from '@tract/checkpoint';
import { dataError } from '../errors.js';

/** Where a parameter of ours is in another program's checkpoint: one array or several, and the shape that each has there. */
export type Place = { readonly names: readonly string[]; readonly shape: readonly number[] };

/** What became of every name. */
export type NameTable = {
  readonly mapped: readonly { readonly from: readonly string[]; readonly to: string; readonly shape: readonly number[] }[];
  /** Names of the file that have no place in the network. */
  readonly leftOver: readonly string[];
  /** Names that the network needs and the file has not. */
  readonly missing: readonly string[];
  /** Names that both have, with different shapes. */
  readonly differing: readonly { readonly name: string; readonly expected: readonly number[]; readonly found: readonly number[] }[];
};

/** Holds the names of a network against those of a file. */
export function matchNames(places: ReadonlyMap<string, Place>, arrays: ReadonlyMap<string, NamedArray>): NameTable {
  const wanted = [...places].flatMap(([to, { names, shape }]) => names.map((name) => ({ to, name, shape })));
  const known = new Set(wanted.map(({ name }) => name));
  const differing = wanted.flatMap(({ name, shape }) => {
    const found = arrays.get(name)?.shape;
    return found && `${found}` !== `${shape}` ? [{ name, expected: shape, found }] : [];
  });
  const bad = new Set(differing.map(({ name }) => name));
  return {
    mapped: [...places]
      .filter(([, { names }]) => names.every((name) => arrays.has(name) && !bad.has(name)))
      .map(([to, { names, shape }]) => ({ from: names, to, shape })),
    leftOver: [...arrays.keys()].filter((name) => !known.has(name)),
    missing: wanted.map(({ name }) => name).filter((name) => !arrays.has(name)),
    differing,
  };
}

/** What is wrong with a table as a sentence, or undefined when every name has its place. */
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

/**
 * The numbers of an array as float32, which must hold them exactly.
 * @throws CliError (bad data) for other types and for numbers that are not finite.
 */
export function exactFloat32(path: string, name: string, array: NamedArray): Float32Array {
  if (array.dtype !== 'F32' && array.dtype !== 'F16' && array.dtype !== 'BF16')
    throw dataError(`${path}: tensor '${name}' must be F32, F16 or BF16, got ${array.dtype}; convert it to float32`);
  const values = toFloat32(array);
  if (!values.every(Number.isFinite)) throw dataError(`${path}: tensor '${name}' holds numbers that are not finite; get or train it again`);
  return values;
}
