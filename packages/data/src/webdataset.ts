import { basename } from 'node:path';
import { DataError } from './data-error.js';
import { isLeftover, LEFTOVERS, leftOutCounter } from './folder-files.js';
import type { ImagesOnDemand, Labels } from './image-set.js';
import { isPicture, numberedPictures, type ShardOptions } from './picture-set.js';
import { withFile } from './random-access-file.js';
import { shardFiles } from './shard-files.js';
import { type TarEntry, tarEntries } from './tar.js';

/** An image in a shard. */
type Sample = { readonly file: string; readonly name: string; readonly offset: number; readonly length: number };

const MAX_ENTRIES = 2 ** 24;
const MAX_CLASSES = 2 ** 16;
/** Longest `.cls` or `.json` that is read. */
const MAX_NOTE = 2 ** 20;
const remedy = 'give the shards of a WebDataset, uncompressed .tar files';

/**
 * Load the tar shards of a WebDataset as one set: files of one name make a sample, whose image is its picture and whose class number its `.cls`, or
 * `label`, `cls` or `class` in its `.json`. Only the headers and the class numbers are read now; images lie in the shards until they are asked for.
 * @param shards a shard, a folder of them, or a pattern such as `train-{000000..000099}.tar`
 * @throws DataError when a shard is missing, damaged or packed, when some samples have a class and others have none, or when there are no images.
 */
export function loadWebDataset(shards: string, { labels = true, ...options }: ShardOptions = {}): ImagesOnDemand {
  const files = shardFiles(shards, '.tar');
  const { leave, list } = leftOutCounter();
  const samples: Sample[] = [];
  const classes: (number | undefined)[] = [];
  for (const file of files) {
    for (const { sample, label } of samplesOf(file, leave)) {
      samples.push(sample);
      classes.push(labels ? label : undefined);
    }
  }
  if (samples.length === 0) throw new DataError('missing', `${shards}: there are no samples with a picture in it`);
  const name = (index: number): string => `${basename(samples[index].file)}/${samples[index].name}`;
  const place = (index: number) => {
    const { file, offset, length } = samples[index];
    return { file, part: { offset, length } };
  };
  function* facts(): Generator<string> {
    for (const [index, { length }] of samples.entries()) yield `${length} ${name(index)}`;
  }
  const found = { labels: labelsOf(classes, (index) => `${shards}, image ${index} (${name(index)})`), leftOut: list() };
  return numberedPictures({ source: shards, count: samples.length, name, place, facts, ...found }, options);
}

function samplesOf(file: string, leave: (name: string, kind: string) => void) {
  return withFile(file, remedy, ({ size, take }) => {
    const bytesAt = (at: number, length: number, what = file): Uint8Array =>
      new Uint8Array(take(at, length, (reason) => new DataError('damaged', `${what}: ${reason}`)).buffer);
    const byKey = new Map<string, TarEntry[]>();
    for (const entry of tarEntries({ size, take: bytesAt }, file, MAX_ENTRIES)) {
      if (isLeftover(entry.name)) leave(`${basename(file)}/${entry.name}`, LEFTOVERS);
      else {
        const key = keyOf(entry.name);
        const known = byKey.get(key);
        if (known) known.push(entry);
        else byKey.set(key, [entry]);
      }
    }
    return [...byKey.values()].flatMap((entries) => {
      const image = entries.find(({ name }) => isPicture(name));
      if (!image) {
        leave(`${basename(file)}/${entries[0].name}`, 'samples without a picture');
        return [];
      }
      const label = labelOf(entries, ({ name, offset, size: length }) => {
        const what = `${file}, ${name}`;
        if (length > MAX_NOTE) throw new DataError('damaged', `${what}: ${length} bytes say its class, at most ${MAX_NOTE} are read`);
        return { what, text: new TextDecoder().decode(bytesAt(offset, length, what)) };
      });
      return [{ sample: { file, name: image.name, offset: image.offset, length: image.size }, label }];
    });
  });
}

/** The name of a sample: the path of its files up to the first dot after the last slash. */
function keyOf(name: string): string {
  const dot = name.indexOf('.', name.lastIndexOf('/') + 1);
  return dot < 0 ? name : name.slice(0, dot);
}

type ReadNote = (entry: TarEntry) => { readonly what: string; readonly text: string };

function labelOf(entries: readonly TarEntry[], read: ReadNote): number | undefined {
  const byEnding = (ending: string) => entries.find(({ name }) => name.toLowerCase().endsWith(ending));
  const [number, json] = [byEnding('.cls'), byEnding('.json')];
  if (number) {
    const { what, text } = read(number);
    return requireLabel(fromDigits(text), what);
  }
  if (!json) return undefined;
  const { what, text } = read(json);
  let facts: unknown;
  try {
    facts = JSON.parse(text);
  } catch (cause) {
    throw new DataError('damaged', `${what}: it is no JSON`, { cause });
  }
  const name = ['label', 'cls', 'class'].find((key) => typeof facts === 'object' && facts !== null && Object.hasOwn(facts, key));
  return name === undefined ? undefined : requireLabel(fromDigits((facts as Record<string, unknown>)[name]), what);
}

/** A class number may be written as text. */
const fromDigits = (value: unknown): unknown => (typeof value === 'string' && /^\s*\d{1,9}\s*$/.test(value) ? Number(value) : value);

function requireLabel(value: unknown, what: string): number {
  if (!(typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < MAX_CLASSES))
    throw new DataError('damaged', `${what}: expected a class number from 0, got ${JSON.stringify(value)?.slice(0, 60)}`);
  return value;
}

/** @throws DataError when some have a class and others have none. */
function labelsOf(classes: readonly (number | undefined)[], titleOf: (index: number) => string): Labels {
  const index = classes.indexOf(undefined);
  if (index < 0) return Uint16Array.from(classes as readonly number[]);
  if (classes.every((label) => label === undefined)) return new Uint8Array(0);
  throw new DataError('mismatch', `${titleOf(index)}: it has no class (.cls, or label in its .json), others do`);
}
