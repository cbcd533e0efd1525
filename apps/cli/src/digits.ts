import { type ImageSet, loadMnist } from '@tract/data';
import { usageError } from './errors.js';

/** Names that --reference and presets understand: DATA:SPLIT. */
const sets = ['mnist:train', 'mnist:test'] as const;

/** The name of a data set that we have. @throws CliError (usage) for another one. */
export function checkSetName(name: string): string {
  if (!(sets as readonly string[]).includes(name)) throw usageError(`unknown data set '${name}'; expected ${sets.join(' or ')}`);
  return name;
}

/**
 * The images of `mnist:train` or `mnist:test`. TRACT_MNIST names another folder with the same idx files.
 * @throws CliError (usage) for another name, DataError for missing or damaged files.
 */
export async function loadSet(name: string): Promise<ImageSet> {
  const split = checkSetName(name).split(':')[1] as 'train' | 'test';
  return loadMnist(split, process.env.TRACT_MNIST);
}
