import type { NamedArray } from '@tract/checkpoint';
import { type ModelDescription, savedPieces } from '@tract/model';
import type { CheckpointContent, RunState } from './checkpoint.js';
import type { FileContent } from './run-files.js';

/** Output of a run: its model. */
export type ModelOutput = {
  /** Files of the model in its present state, such as with a card beside them. Default: those of `savedPieces`. */
  readonly modelFiles?: (
    description: ModelDescription,
    average: ReadonlyMap<string, NamedArray>,
    state: RunState,
  ) => ReadonlyMap<string, FileContent>;
};

/** Make the model of a checkpoint, from the tree of it that is sampled, as the folder `model`. */
export function modelArtifact(
  description: ModelDescription,
  { tensors, state }: CheckpointContent,
  tree: string,
  { modelFiles = (...[described, arrays]) => new Map(Object.entries(savedPieces(described, arrays))) }: ModelOutput,
): ReadonlyMap<string, ReadonlyMap<string, FileContent>> {
  const start = `${tree}.`;
  const average = [...tensors]
    .filter(([path]) => path.startsWith(start))
    .map(([path, array]) => [path.slice(start.length), array] as const);
  return new Map([['model', modelFiles(description, new Map(average), state)]]);
}
