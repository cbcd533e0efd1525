import { SuggestingArgument } from './common-options.js';
import { shippedNames } from './shipped-models.js';

/** The MODEL that a command reads. */
export const modelArgument = (): SuggestingArgument => new SuggestingArgument('<model>', 'MODEL, see `tract --help`', shippedNames);
