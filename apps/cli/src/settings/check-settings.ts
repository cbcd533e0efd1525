import { isMap, type PlainMap, settingRows, valueAt } from '@tract/train/settings';
import type { z } from 'zod';
import { nearMiss } from '../options/near-miss.js';
import { quantity } from '../options/quantity.js';
import type { Layer } from './layer.js';
import { settingFlags } from './setting-flags.js';
import { SettingsError } from './settings-error.js';

/**
 * The settings that layers have come to, as what they are.
 * @param layers from the lowest to the highest; messages name the one that a fault is from.
 * @param command of which they are the settings, for messages.
 * @throws SettingsError that names a setting that is not known, or what it must be and what it is.
 */
export function checkSettings<S>(schema: z.ZodType<S>, settings: PlainMap, layers: readonly Layer[], command: string): S {
  const { success, error } = schema.safeParse(settings);
  // The values themselves, so that those of a run that is repeated keep the order they are written in.
  if (success) return settings as S;
  // A misspelt name is the likelier slip.
  const issue = error.issues.find(({ code }) => code === 'unrecognized_keys') ?? error.issues[0];
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]] : issue.path;
  const name = path.join('.');
  const value = valueAt(settings, path);
  const subject = layerOf(layers, path, value).nameOf(name);
  const fault =
    issue.code === 'unrecognized_keys'
      ? `is no setting of ${command}${hintFor(name, issue.keys[0], value, schema)}`
      : issue.code === 'custom'
        ? subject.startsWith('--')
          ? inFlags(issue.message)
          : issue.message
        : `must be ${issue.message}, got ${shown(value)}`;
  throw new SettingsError(`${subject} ${fault}`, subject);
}

/** Put options in place of the settings that a message names; names of one word may be words. */
const inFlags = (message: string): string =>
  message.replace(/\b[a-z]+[A-Z]\w*/g, (name) => (Object.hasOwn(settingFlags, name) ? `--${settingFlags[name]}` : name));

/** Find the topmost layer that set this path; if none did, the one that removed it or set its parent. */
export function layerOf(layers: readonly Layer[], path: readonly PropertyKey[], value: unknown): Layer {
  const own = layers.findLast(({ values }) => (value === undefined ? valueAt(values, path) === null : valueAt(values, path) !== undefined));
  if (own) return own;
  for (let length = path.length - 1; length > 0; length--) {
    const found = layers.findLast(({ values }) => valueAt(values, path.slice(0, length)) !== undefined);
    if (found) return found;
  }
  return layers[0];
}

/** The setting that was probably meant: its name may be misspelt, that of an option, or of another part. */
function hintFor(path: string, key: string, value: unknown, schema: z.ZodType): string {
  const paths = settingRows(schema).map((row) => row.path);
  if (key.includes('.')) return `; write ${key.replaceAll('.', ': {')}: ...${'}'.repeat(key.split('.').length - 1)}`;
  if (paths.includes(path)) return ' of this kind';
  const lastPart = (name: string) => name.slice(name.lastIndexOf('.') + 1);
  const flags = Object.entries(settingFlags).filter(([name]) => paths.includes(name));
  const byLastPart = new Map([
    ...paths.map((name) => [lastPart(name), name] as const),
    ...flags.map(([name, flag]) => [flag, name] as const),
  ]);
  const meant = nearMiss(path, paths) ?? byLastPart.get(nearMiss(lastPart(deepest(path, value)), [...byLastPart.keys()]) ?? '');
  return meant === undefined ? '' : `; did you mean ${meant}?`;
}

/** The path on to the first setting inside: of `optim.lr` as of `optim`, lr is meant. */
function deepest(path: string, value: unknown): string {
  if (!isMap(value)) return path;
  const [inner] = Object.entries(value);
  return inner === undefined ? path : deepest(`${path}.${inner[0]}`, inner[1]);
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  const remedy = typeof value === 'string' ? countOf(value) : undefined;
  return `${text.length > 60 ? `${text.slice(0, 60)}...` : text}${remedy === undefined ? '' : `; write ${remedy}`}`;
}

/** 100000 for `100K`, which options take and files do not. */
function countOf(text: string): number | undefined {
  try {
    return quantity(text);
  } catch {
    return undefined;
  }
}
