import { withoutPlace } from '@tract/data';
import type { ModelDescription } from '@tract/model';
import { isDigits, modelCard } from '@tract/train';
import { recipeOf } from '@tract/train/settings';
import { scoresOf } from '../measuring/kept-scores.js';
import { distillPresets, trainPresets } from '../presets/presets.js';
import { commandOf } from './card-command.js';

/**
 * Write the card of a model with the commands of this program.
 * @param path of the model, for errors.
 * @param seconds of work, which config.json does not keep: equal runs have equal files.
 * @throws ScoresError for scores that are none.
 */
export function cardOf(model: ModelDescription, path: string, seconds?: number): string {
  const recipe = recipeOf(model);
  const presets = recipe?.command === 'train' ? trainPresets : distillPresets;
  return modelCard(model, {
    recipe,
    ...(recipe && { command: commandOf(recipe.command, presets, { ...recipe.settings, data: withoutPlace(recipe.settings.data) }) }),
    seconds,
    scores: scoresOf({ path, scores: model.scores }),
    use: useOf(model),
  });
}

function useOf({ samplingSteps: [steps = 64], data }: ModelDescription): string[] {
  const measure = isDigits(data)
    ? `tract evaluate --samples MODEL --steps ${steps} --count 10K --record`
    : `tract fid MODEL REFERENCE --weights inception.pth --steps ${steps} --count 50K --record`;
  return [`tract sample MODEL --steps ${steps} --count 64 --out samples.png`, measure, 'tract card MODEL --out MODEL/README.md'];
}
