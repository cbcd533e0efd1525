import { CheckpointError, type JsonValue, parseStrictJson } from '@tract/checkpoint';
import { DataError } from './data-error.js';
import type { Labels } from './image-set.js';

export type NamedPictures = {
  /** What holds them, for messages. */
  readonly source: string;
  /** In the order of the set, separated by slashes. */
  readonly names: readonly string[];
  /** The bytes of `dataset.json`, where there is one. */
  readonly description?: Uint8Array;
};

const MAX_CLASSES = 2 ** 16;

/**
 * Class numbers of pictures. Where `dataset.json` is there, it says them: `{ "labels": [[name, number], ...] }`, or null where there are none.
 * Else the top folder of each picture is its class, numbered in the order of the names; pictures outside of folders have none.
 * @throws DataError when a picture has no class and others do, or `dataset.json` is damaged.
 */
export function labelsByName({ source, names, description }: NamedPictures): Labels {
  return description ? describedLabels(names, description, `${source}, dataset.json`) : folderLabels(names, source);
}

function folderLabels(names: readonly string[], source: string): Labels {
  const folders = names.map((name) => (name.includes('/') ? name.slice(0, name.indexOf('/')) : ''));
  const classes = [...new Set(folders)].sort();
  if (classes.length === 1 && classes[0] === '') return new Uint8Array(0);
  if (classes[0] === '') {
    const index = folders.indexOf('');
    throw new DataError(
      'mismatch',
      `${source}, image ${index} (${names[index]}): it lies in no folder, others do, and folders are the classes; move it`,
    );
  }
  if (classes.length > MAX_CLASSES)
    throw new DataError('mismatch', `${source}: ${classes.length} folders, at most ${MAX_CLASSES} can be classes`);
  const numbers = new Map(classes.map((name, i) => [name, i]));
  return Uint16Array.from(folders, (folder) => numbers.get(folder)!);
}

function describedLabels(names: readonly string[], description: Uint8Array, source: string): Labels {
  const listed = parseDescription(description, source);
  if (listed === null) return new Uint8Array(0);
  const numbers = new Map<string, number>();
  for (const [i, pair] of listed.entries()) {
    const [name, label] = Array.isArray(pair) && pair.length === 2 ? pair : [];
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
  return labels;
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
  if (labels !== null && !Array.isArray(labels))
    throw new DataError('damaged', `${source}: 'labels' must be a list of [name, class number] or null`);
  return labels;
}
