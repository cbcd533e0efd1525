import type { Argument } from 'commander';
import { pathName, SuggestingArgument } from './common-options.js';
import { shippedNames } from './shipped-models.js';

/** The MODEL that a command reads. */
export const modelArgument = (): Argument =>
  new SuggestingArgument('<model>', 'MODEL, see `tract --help`', shippedNames).argParser(pathName);
