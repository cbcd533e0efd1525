import type { Argument } from 'commander';
import { shippedNames } from '../shipped-models.js';
import { pathName, SuggestingArgument } from './common-options.js';

/** The MODEL that a command reads. */
export const modelArgument = (): Argument =>
  new SuggestingArgument('<model>', 'MODEL, see `tract --help`', shippedNames).argParser(pathName);
