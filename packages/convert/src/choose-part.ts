import { badCheckpoint } from './convert-error.js';
import type { Tensors } from './foreign-checkpoint.js';

/** Names that trainers give to their networks; the empty one is a file of one network. */
const partNames = new Map<string, string>([
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

/** A tensor name that every network of a program has; `separator` stands between the levels of its names. */
export type Marker = { readonly name: string; readonly separator: string };

/** Return the prefix of each network among the names: empty, or ending with the separator. */
export function rootsOf({ name: marker, separator }: Marker, names: Iterable<string>): string[] {
  const roots = Array.from(names, (name) => (name.endsWith(marker) ? name.slice(0, -marker.length) : undefined));
  return roots.filter((root): root is string => root === '' || root?.endsWith(separator) === true);
}

/** One network of a checkpoint: its tensors by their names within it, and the names of all others. */
export type ChosenPart = { readonly part: string; readonly tensors: Tensors; readonly others: readonly string[] };

/**
 * Choose a network of a checkpoint: the only one, or that called `wanted`.
 * @param wanted a part (model, ema, self-teacher, teacher) or the prefix of its names, without the separator at its end.
 * @throws ConvertError when that is none or several.
 */
export function choosePart(name: string, marker: Marker, tensors: Tensors, wanted?: string): ChosenPart {
  const found = rootsOf(marker, tensors.keys()).map((root) => describe(root, marker.separator));
  const exact = found.filter(({ prefix }) => prefix === wanted);
  const fitting = wanted === undefined ? found : exact.length === 1 ? exact : found.filter(({ part }) => part === wanted);
  if (fitting.length !== 1) throw ambiguous(name, found, fitting.length, wanted);
  const [{ root, part, prefix }] = fitting;
  const names = [...tensors.keys()];
  const inside = names.filter((one) => one.startsWith(root));
  return {
    part: part ?? prefix,
    tensors: new Map(inside.map((one) => [one.slice(root.length), tensors.get(one)!])),
    others: names.filter((one) => !one.startsWith(root)),
  };
}

type Found = { readonly root: string; readonly prefix: string; readonly part?: string };

/** Levels that only wrap a network, such as `module`, do not count for its part. */
function describe(root: string, separator: string): Found {
  const prefix = root.slice(0, root.length - (root === '' ? 0 : separator.length));
  const levels = root.split(separator).filter((level) => level !== '' && level !== 'module');
  return { root, prefix, part: partNames.get(levels.join('.')) };
}

function ambiguous(name: string, found: readonly Found[], fitting: number, wanted: string | undefined) {
  const list = found.map(({ part, prefix }) => part ?? `'${prefix}'`).join(', ');
  if (wanted === undefined) return badCheckpoint(`${name} holds several networks: ${list}`, { option: 'part' });
  const prefixes = found.map(({ prefix }) => `'${prefix}'`).join(', ');
  return fitting === 0
    ? badCheckpoint(`${name} has no part ${wanted}; it has ${list}`)
    : badCheckpoint(`${name} has several networks that could be the part ${wanted}: ${prefixes}`, { option: 'part' });
}
