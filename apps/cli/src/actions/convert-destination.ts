import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import type { PlannedFile } from '@tract/convert';
import type { RunError } from '@tract/train';
import { makeFolder, requireRoom, writeFileAtomically, writeFolderAtomically } from '@tract/train/node';
import { usageError } from '../errors.js';

export type DestinationKind = 'folder' | 'safetensors' | 'pt' | 'onnx';

const kinds = new Map<string, DestinationKind>([
  ['.safetensors', 'safetensors'],
  ['.pt', 'pt'],
  ['.onnx', 'onnx'],
  ['', 'folder'],
]);

/** Return the kind of DST by its name, before any work; it must be new. @throws CliError (usage) */
export function destinationKind(path: string): DestinationKind {
  try {
    requireRoom(path);
  } catch (error) {
    throw usageError(`${(error as RunError).problem}; choose another DST`);
  }
  const kind = kinds.get(extname(path).toLowerCase());
  if (kind === undefined) throw usageError(`${path} must end in .safetensors, .pt or .onnx, or be a new folder (a name without a dot)`);
  const isEmptyFolder = existsSync(path) && statSync(path).isDirectory() && readdirSync(path).length === 0;
  if (existsSync(path) && !(kind === 'folder' && isEmptyFolder))
    throw usageError(`${path} exists; choose another name for what is written`);
  return kind;
}

/** Write the files of a conversion, whole or not at all. */
export function writePlanned(path: string, kind: DestinationKind, files: readonly PlannedFile[]): void {
  if (kind === 'folder') {
    writeFolderAtomically(path, new Map(files.map(({ name, content }) => [name, content()])));
    return;
  }
  makeFolder(dirname(path));
  // The last one is DST itself, which must not be there before what it names.
  for (const [i, { name, content }] of files.entries())
    writeFileAtomically(i === files.length - 1 ? path : join(dirname(path), name), content());
}
