import { readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Files and links that were passed over: how many of a kind, and the name of one. */
export type LeftOut = { readonly kind: string; readonly count: number; readonly example: string };

/**
 * Paths of the files and folders below a folder, with slashes, those of folders with one at the end, in the order of their names; links are followed, each
 * folder once on a way down.
 */
export function filesBelow(root: string, leave: (name: string, kind: string) => void): string[] {
  const names: string[] = [];
  const visit = (folder: string, above: ReadonlySet<string>): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      const path = join(root, name);
      const found = entry.isSymbolicLink() ? statSync(path, { throwIfNoEntry: false }) : entry;
      if (!found) leave(name, 'links to nothing');
      else if (!found.isDirectory()) names.push(name);
      else if (isLeftover(`${name}/`)) leave(name, LEFTOVERS);
      else {
        const real = realpathSync(path);
        if (above.has(real)) leave(name, 'links to a folder above them');
        else {
          names.push(`${name}/`);
          visit(name, new Set([...above, real]));
        }
      }
    }
  };
  visit('', new Set([realpathSync(root)]));
  return names.sort();
}

export const LEFTOVERS = 'files of the operating system';

/** True for files that operating systems leave in folders: macOS's `._NAME`, `__MACOSX` and `.DS_Store`, Windows' `Thumbs.db`, anything hidden. */
export const isLeftover = (name: string): boolean => /(^|\/)(\.[^/]|__MACOSX\/|Thumbs\.db$|desktop\.ini$|ehthumbs\.db$)/i.test(name);

/** Count what is left out. */
export function leftOutCounter(): { readonly leave: (name: string, kind: string) => void; readonly list: () => readonly LeftOut[] } {
  const kinds = new Map<string, { count: number; example: string }>();
  const leave = (name: string, kind: string): void => {
    const known = kinds.get(kind);
    if (known) known.count++;
    else kinds.set(kind, { count: 1, example: name });
  };
  return { leave, list: () => Array.from(kinds, ([kind, { count, example }]) => ({ kind, count, example })) };
}
