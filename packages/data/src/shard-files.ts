import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DataError } from './data-error.js';
import { filesBelow, isLeftover } from './folder-files.js';

/** Files that one pattern may stand for. */
const MAX_FILES = 100_000;

/**
 * List the files of a set in several, in the order of their names: a file, all of an ending below a folder, or a pattern with `*` in its last part
 * and braces such as `{000000..000012}` or `{train,extra}`.
 * @param ending of the files, such as `.tar`
 * @throws DataError when one of them is not there, or there are none.
 */
export function shardFiles(pattern: string, ending: string): string[] {
  const paths = statSync(pattern, { throwIfNoEntry: false })
    ? [pattern]
    : expandBraces(pattern, (problem) => new DataError('missing', `${pattern}: ${problem}`)).flatMap(withStars);
  const files = paths.flatMap((path) => {
    const found = statSync(path, { throwIfNoEntry: false });
    if (!found) throw new DataError('missing', `${path}: no such file or folder; give a ${ending} file, a folder of them, or a pattern`);
    if (!found.isDirectory()) return [path];
    const names = filesBelow(path, () => {}).filter((name) => name.endsWith(ending) && !isLeftover(name));
    return names.map((name) => join(path, name));
  });
  if (files.length === 0) throw new DataError('missing', `${pattern}: there are no ${ending} files in it`);
  return [...new Set(files)];
}

/** Replace the first pair of braces by each of its words or numbers, and so on. */
function expandBraces(pattern: string, fail: (problem: string) => DataError): string[] {
  const [all, before, inside, after] = /^([^{]*)\{([^{}]*)\}(.*)$/s.exec(pattern) ?? [];
  if (all === undefined) return [pattern];
  const range = /^(\d+)\.\.(\d+)$/.exec(inside);
  if (!range) return inside.split(',').flatMap((word) => expandBraces(`${before}${word}${after}`, fail));
  const [from, to] = [Number(range[1]), Number(range[2])];
  if (to < from || to - from >= MAX_FILES) throw fail(`{${inside}} stands for no files, or for more than ${MAX_FILES}`);
  const numbers = Array.from({ length: to - from + 1 }, (_, i) => String(from + i).padStart(range[1].length, '0'));
  return numbers.flatMap((number) => expandBraces(`${before}${number}${after}`, fail));
}

/** Find the files that a path with stars in its last part stands for. */
function withStars(path: string): string[] {
  const last = basename(path);
  if (!last.includes('*')) return [path];
  const folder = dirname(path);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [path];
  const rule = new RegExp(
    `^${last
      .split('*')
      .map((part) => part.replace(/[.+?^$()[\]{}|\\]/g, '\\$&'))
      .join('.*')}$`,
    's',
  );
  return readdirSync(folder)
    .filter((name) => rule.test(name) && !isLeftover(name))
    .sort()
    .map((name) => join(folder, name));
}
