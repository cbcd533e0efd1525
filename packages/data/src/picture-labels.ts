import { CheckpointError, type JsonValue, parseStrictJson } from '@tract/checkpoint';
import { DataError } from './data-error.js';
import type { Labels } from './image-set.js';

export type NamedPictures = {
  /** Name of the set in messages. */
  readonly source: string;
  /** Paths in the order of the set, separated by slashes. */
  readonly names: readonly string[];
  /** Paths of folders that hold them, other files or nothing, each with a slash at the end. */
  readonly folders: readonly string[];
  /** The bytes of `dataset.json`, where there is one. */
  readonly description?: Uint8Array;
};

/**
 * Origin of the class of a picture: `dataset.json` or else the folder that it is in; the file name up to its first `_`, as OpenAI's programs
 * have it; or nothing.
 */
export type LabelRule = 'folders' | 'prefix' | 'none';

/** Class numbers of a set (none: an empty array), and by number the name of each class, where they have names. */
export type LabelledPictures = { readonly labels: Labels; readonly classNames?: readonly string[] };

const MAX_CLASSES = 2 ** 16;
const none: LabelledPictures = { labels: new Uint8Array(0) };

/**
 * Find the class numbers of pictures. Where `dataset.json` is there, it says them: `{ "labels": [[name, number], ...] }`, `{ "labels": { name: number } }`,
 * one-hot vectors in place of numbers, or null where there are none. Else the top folder of each picture is its class, numbered in the order of the
 * names; one folder around all others does not count. Pictures outside of folders have none.
 * @throws DataError when a picture has no class and others do, a folder beside the classes has no picture, or `dataset.json` is damaged.
 */
export function labelsByName({ source, names, folders, description }: NamedPictures, rule: LabelRule): LabelledPictures {
  if (rule === 'none') return none;
  if (rule === 'prefix') return numbered(prefixes(names, source), source);
  return description ? describedLabels(names, description, `${source}, dataset.json`) : folderLabels(names, folders, source);
}

function numbered(classes: readonly string[], source: string): LabelledPictures {
  const classNames = [...new Set(classes)].sort();
  if (classNames.length > MAX_CLASSES)
    throw new DataError('mismatch', `${source}: ${classNames.length} folders, at most ${MAX_CLASSES} can be classes`);
  const numbers = new Map(classNames.map((name, i) => [name, i]));
  return { labels: Uint16Array.from(classes, (name) => numbers.get(name)!), classNames };
}

function prefixes(names: readonly string[], source: string): string[] {
  return names.map((name, index) => {
    const prefix = /^([^_]+)_/.exec(name.slice(name.lastIndexOf('/') + 1))?.[1];
    if (prefix === undefined)
      throw new DataError(
        'mismatch',
        `${source}, image ${index} (${name}): its name has no class before a _; rename it, as CLASS_NAME.png`,
      );
    return prefix;
  });
}

function folderLabels(names: readonly string[], folders: readonly string[], source: string): LabelledPictures {
  const outer = wrapping(names);
  const top = (path: string): string => path.slice(outer.length, Math.max(outer.length, path.indexOf('/', outer.length)));
  const classes = names.map(top);
  const index = classes.indexOf('');
  if (index < 0) {
    const beside = folders.filter((folder) => folder.startsWith(outer)).map(top);
    requireClasses(new Set(classes), new Set(beside), source);
    return numbered(classes, source);
  }
  if (classes.every((name) => name === '')) return none;
  throw new DataError(
    'mismatch',
    `${source}, image ${index} (${names[index]}): it lies in no folder, others do, and folders are the classes; move it`,
  );
}

const splitName = /^(train|training|val|valid|validation|dev|test|testing)$/i;

/**
 * @throws DataError where the folders are the parts of a set, which would make `train` a class and `val` another; or where one of those beside the classes
 * has no picture: passed over, it would move the numbers of those after it, which another part of the set has in full
 */
function requireClasses(classes: ReadonlySet<string>, beside: ReadonlySet<string>, source: string): void {
  const found = [...classes].sort();
  if (found.length > 1 && found.every((folder) => splitName.test(folder)))
    throw new DataError('mismatch', `${source}: its folders are splits (${found.join(', ')}) and no classes; give one of them`);
  const bare = [...beside].find((folder) => folder !== '' && !classes.has(folder));
  if (bare !== undefined)
    throw new DataError(
      'mismatch',
      `${source}: no picture that is read lies in its folder ${JSON.stringify(bare)}, and folders are the classes; fill it, or move it away if it is none`,
    );
}

/** Folders that hold all pictures, in folders below them: such as an archive has around its content. Empty, or a path that ends with a slash. */
function wrapping(names: readonly string[]): string {
  let common = '';
  for (;;) {
    const end = names[0].indexOf('/', common.length);
    const deeper = names[0].slice(0, end + 1);
    const holdsAll = end >= 0 && names.every((name) => name.startsWith(deeper) && name.includes('/', deeper.length));
    if (!holdsAll) return common;
    common = deeper;
  }
}

function describedLabels(names: readonly string[], description: Uint8Array, source: string): LabelledPictures {
  const listed = parseDescription(description, source);
  if (listed === null) return none;
  const numbers = new Map<string, number>();
  for (const [i, pair] of listed.entries()) {
    const [name, value] = Array.isArray(pair) && pair.length === 2 ? pair : [];
    const label = Array.isArray(value) ? oneHot(value) : value;
    if (typeof name !== 'string' || !Number.isInteger(label) || label < 0 || label >= MAX_CLASSES)
      throw new DataError(
        'damaged',
        `${source}: entry ${i} of 'labels' must be [name, class number from 0], got ${JSON.stringify(pair).slice(0, 80)}`,
      );
    if (numbers.has(name)) throw new DataError('damaged', `${source}: ${JSON.stringify(name)} has two labels`);
    numbers.set(name, label);
  }
  const labels = new Uint16Array(names.length);
  for (const [i, name] of names.entries()) {
    const label = numbers.get(name);
    if (label === undefined) throw new DataError('damaged', `${source}: image ${i} (${name}) has no label`);
    labels[i] = label;
  }
  return { labels };
}

/** The class that a vector of zeros and a one names; -1 for any other vector. */
function oneHot(vector: readonly JsonValue[]): number {
  const isOneHot = vector.filter((value) => value === 1).length === 1 && vector.every((value) => value === 0 || value === 1);
  return isOneHot ? vector.indexOf(1) : -1;
}

function parseDescription(bytes: Uint8Array, source: string): readonly JsonValue[] | null {
  let value: JsonValue;
  try {
    value = parseStrictJson(
      bytes,
      { depth: 8, integersOnly: false },
      (kind, message, cause) => new CheckpointError(kind, message, { cause }),
    );
  } catch (cause) {
    throw new DataError('damaged', `${source}: ${(cause as Error).message}`, { cause });
  }
  const labels = typeof value === 'object' && value !== null && 'labels' in value ? value.labels : null;
  if (typeof labels === 'object' && labels !== null && !Array.isArray(labels)) return Object.entries(labels);
  if (labels !== null && !Array.isArray(labels))
    throw new DataError('damaged', `${source}: 'labels' must be a list of [name, class number], an object of them, or null`);
  return labels;
}
