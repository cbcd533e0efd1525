import { type ModelConfig, reasonOf } from '@tract/checkpoint';
import { checkDiffusionModel, type DiffusionModel } from './diffusion-model.js';
import { ModelError } from './model-error.js';
import { upgradeModel } from './older-models.js';

/** Content of a model's `config.json` besides the format's header. */
export type ModelDescription = DiffusionModel & {
  /** Numbers of sampling steps that the model is made for, best first; a teacher takes any. */
  readonly samplingSteps: readonly number[];
  /** Name of the data set that it was trained on. */
  readonly data: string;
  /** Names of the classes by number, of a network that is conditioned on them. */
  readonly classNames?: readonly string[];
  /** Settings and origin of the weights, as far as the writer knows them. */
  readonly recipe?: { readonly [name: string]: ModelConfig[string] };
  /** Measurements; their form is the writer's. */
  readonly scores?: ModelConfig[string];
};

/** Most steps that a model is said to be made for. */
const mostSteps = 1_000_000;

/**
 * Return the description in a `config.json` that has been read as JSON. Those of older versions are brought up to date.
 *
 * @param source name of the file, for messages.
 * @throws ModelError that says which field is wrong and what would do.
 */
export function parseModel(config: ModelConfig, source = 'config.json'): ModelDescription {
  const description = upgradeModel(config) as unknown as ModelDescription;
  try {
    checkDiffusionModel(description);
  } catch (error) {
    throw new ModelError(`${source}: no model can be built from this configuration: ${reasonOf(error)}`, { cause: error });
  }
  const { samplingSteps, data, classNames } = description;
  if (!Array.isArray(samplingSteps) || !samplingSteps.every((steps) => Number.isInteger(steps) && steps >= 1 && steps <= mostSteps))
    throw new ModelError(`${source}: expected 'samplingSteps', a list of whole numbers of steps, each from 1 to ${mostSteps}`);
  if (typeof data !== 'string') throw new ModelError(`${source}: expected 'data', the name of the data set`);
  if (classNames !== undefined && !(Array.isArray(classNames) && classNames.every((name) => typeof name === 'string')))
    throw new ModelError(`${source}: expected 'classNames' to be a list of names`);
  return description;
}
