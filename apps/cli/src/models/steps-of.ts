import { usageError } from '../errors.js';
import type { StoredModel } from './model-folder.js';

/** Return the sampling steps that were asked for, else those that the model is drawn with. @throws CliError (usage) where it does not say. */
export function stepsOf({ path, samplingSteps: [own] }: StoredModel, asked?: number): number {
  const steps = asked ?? own;
  if (steps === undefined) throw usageError(`${path} does not say in how many steps it draws: add --steps, such as --steps 64`);
  return steps;
}
