import type { NamedArray } from '@tract/checkpoint';
import { dataError } from '../errors.js';

export const parts = ['model', 'ema', 'self-teacher', 'teacher'] as const;
export type Part = (typeof parts)[number];

/** What trainers call the networks that they keep; the empty name is a file of one network. */
const partNames = new Map<string, Part>([
  ['', 'model'],
  ['model', 'model'],
  ['net', 'model'],
  ['params', 'model'],
  ['optimizer.target', 'model'],
  ['model_eval', 'ema'],
  ['model_ema', 'ema'],
  ['ema', 'ema'],
  ['ema_params', 'ema'],
  ['self_teacher', 'self-teacher'],
  ['teacher', 'teacher'],
]);

/** A name that every network of a program has, by which its networks are found; `separator` stands between the levels of its names. */
export type Marker = { readonly name: string; readonly separator: string };

/** What stands before the names of each network in a file: the empty text, or text that ends with the separator. */
export function rootsOf({ name: marker, separator }: Marker, names: Iterable<string>): string[] {
  const roots = Array.from(names, (name) => (name.endsWith(marker) ? name.slice(0, -marker.length) : undefined));
  return roots.filter((root): root is string => root === '' || root?.endsWith(separator) === true);
}

/** Levels that only say how a network was wrapped, such as `module`, do not count. */
const partOf = (root: string, separator: string): Part | undefined =>
  partNames.get(
    root
      .split(separator)
      .filter((level) => level !== '' && level !== 'module')
      .join('.'),
  );

/** One network of a file: its arrays by their names within it, and what else the file holds. */
export type ChosenPart = {
  readonly part?: Part;
  readonly arrays: ReadonlyMap<string, NamedArray>;
  /** Names of the file that do not belong to this network. */
  readonly others: readonly string[];
};

/**
 * The network of a file that is meant: the only one, or the one that `wanted` says.
 * @throws CliError (bad data) when that is none or several.
 */
export function choosePart(path: string, marker: Marker, arrays: ReadonlyMap<string, NamedArray>, wanted?: Part): ChosenPart {
  const found = rootsOf(marker, arrays.keys()).map((root) => ({ root, part: partOf(root, marker.separator) }));
  const fitting = wanted === undefined ? found : found.filter(({ part }) => part === wanted);
  if (fitting.length !== 1) throw dataError(`${path} ${sayWhich(found, fitting.length, wanted)}`);
  const [{ root, part }] = fitting;
  const names = [...arrays.keys()];
  const inside = names.filter((name) => name.startsWith(root));
  return {
    part,
    arrays: new Map(inside.map((name) => [name.slice(root.length), arrays.get(name)!])),
    others: names.filter((name) => !name.startsWith(root)),
  };
}

function sayWhich(found: readonly { readonly root: string; readonly part?: Part }[], fitting: number, wanted?: Part): string {
  const list = found.map(({ root, part }) => (part === undefined ? `'${root}' (of no known part)` : part)).join(', ');
  if (wanted === undefined) return `holds several networks: ${list}; choose one with --part`;
  return fitting === 0 ? `has no part ${wanted}; it has ${list}` : `has several networks that could be the part ${wanted}; it has ${list}`;
}
