import { setKind, withoutPlace } from '@tract/data';
import { savedPieces } from '@tract/model';
import type { FileContent, ModelOutput } from '@tract/train';
import { cardOf } from '../output/model-card.js';
import { modelPath } from '../training/run-folder.js';

/** Write the model of a run with its card. Data sets are named without their places, which mean nothing to others. */
export const modelOutput = (run: string, data: string): ModelOutput => ({
  modelFiles: (described, average, { seconds }) => {
    const description = { ...described, data: setKind(data), recipe: { ...described.recipe, data: withoutPlace(data) } };
    const files = Object.entries(savedPieces(description, average));
    return new Map<string, FileContent>([...files, ['README.md', cardOf(description, modelPath(run), seconds)]]);
  },
});
