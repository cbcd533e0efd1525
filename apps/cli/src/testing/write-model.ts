import type { NamedArray } from '@tract/checkpoint';
import { type ModelDescription, savedPieces } from '@tract/model';
import type { FileContent } from '@tract/train';
import { writeFolderAtomically } from '@tract/train/node';

/** Write a model folder with its card. */
export function writeModel(
  path: string,
  description: ModelDescription,
  tensors: Iterable<readonly [string, NamedArray]>,
  card: string,
): void {
  const files = savedPieces(description, tensors);
  writeFolderAtomically(path, new Map<string, FileContent>([...Object.entries(files), ['README.md', card]]));
}
