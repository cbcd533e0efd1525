import { isMap, layered, type Plain, type PlainMap, withoutNulls } from '@tract/train/settings';
import { settingFlags } from '../settings/setting-flags.js';

/** The shortest command that gives these settings from one of the presets. */
export function commandOf(command: 'train' | 'distill', presets: Readonly<Record<string, object>>, settings: object): string {
  const candidates = Object.entries(presets).map(([name, preset]) => [
    `--preset ${name}`,
    ...optionsBetween(withoutNulls(preset as PlainMap), withoutNulls(settings as PlainMap)),
  ]);
  const [shortest] = candidates.sort((a, b) => a.length - b.length);
  return `tract ${command} ${shortest.join(' ')} --out RUN`;
}

/** Options that turn a preset into the settings. */
function optionsBetween(preset: PlainMap, settings: PlainMap): string[] {
  const own = Object.entries(settings).filter(([name, value]) => Object.hasOwn(settingFlags, name) && !isEqual(preset[name], value));
  // What these options change by themselves needs none.
  const followed = withoutNulls(layered(preset, Object.fromEntries(own)));
  return [...own.map(([name, value]) => option(settingFlags[name], value)), ...assignments(followed, settings, '')];
}

function option(flag: string, value: Plain): string {
  if (typeof value === 'boolean') return `--${value ? '' : 'no-'}${flag}`;
  return `--${flag} ${quoted(Array.isArray(value) ? value.join(',') : String(value))}`;
}

/** `--set` for all that differs; a mapping of another kind is set as a whole. */
function assignments(from: PlainMap, to: PlainMap, folder: string): string[] {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  return names.flatMap((name) => {
    const [was, is] = [from[name], to[name]];
    if (isEqual(was, is)) return [];
    if (isMap(was) && isMap(is) && was.kind === is.kind) return assignments(was, is, `${folder}${name}.`);
    return [`--set ${quoted(`${folder}${name}=${JSON.stringify(is ?? null)}`)}`];
  });
}

const isEqual = (a: Plain | undefined, b: Plain | undefined): boolean =>
  isMap(a) && isMap(b) ? Object.keys({ ...a, ...b }).every((name) => isEqual(a[name], b[name])) : JSON.stringify(a) === JSON.stringify(b);

/** A word for a shell. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
