import { Command } from 'commander';
import type { InspectOptions } from '../actions/inspect.js';
import type { Io } from '../io.js';
import { examples } from '../options/common-options.js';
import { modelArgument } from '../options/model-argument.js';

export const inspectCommand = (io: Io): Command =>
  new Command('inspect')
    .addArgument(modelArgument())
    .option('--json', 'print one JSON value')
    .addHelpText('after', examples('tract inspect mnist-teacher', 'tract inspect runs/student/model --json'))
    .action(async (model: string, options: InspectOptions) => (await import('../actions/inspect.js')).inspect(io, model, options));
