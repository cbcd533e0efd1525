import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Make a temporary folder for the tests of a file. */
export function scratchFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'tract-train-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
