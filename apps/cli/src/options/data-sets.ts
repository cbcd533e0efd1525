import { checkSetName, type ImageSet, type LoadSetOptions, loadSet, SetNameError, setForms } from '@tract/data';
import { usageError } from '../errors.js';
import { didYouMean } from './near-miss.js';

/** The end of the help of commands that take a data set. */
export const setHelp = `\nData sets (without a part the training images; SIZE crops to the middle,\nprefix takes classes from CLASS_NAME.png, FILES is a folder or a pattern such\nas 'a-{000..099}.tar'):\n${setForms.map((form) => `  ${form}`).join('\n')}`;

/** Return the name of a data set as it is written. @throws CliError (usage) that names the nearest one. */
export function checkSet(set: string): string {
  try {
    checkSetName(set);
  } catch (error) {
    if (error instanceof SetNameError) throw usageError(`${error.message}${didYouMean(error.word, error.known)}`);
    throw error;
  }
  return set;
}

/** Load a data set; TRACT_MNIST names a folder with other files of MNIST's form, TRACT_FASHION that of Fashion-MNIST. @throws CliError (usage), DataError */
export const openSet = (set: string, options: LoadSetOptions = {}): Promise<ImageSet> =>
  loadSet(checkSet(set), {
    ...options,
    mnistFolder: process.env.TRACT_MNIST || undefined,
    fashionFolder: process.env.TRACT_FASHION || undefined,
  });
