import { Command } from 'commander';
import type { CardOptions } from '../actions/card.js';
import type { Io } from '../io.js';
import { examples, pathName } from '../options/common-options.js';
import { modelArgument } from '../options/model-argument.js';

export const cardCommand = (io: Io): Command =>
  new Command('card')
    .description(
      'Writes what a model is, how it was made and what it scores, as Markdown: a new\nREADME.md from its config.json, with the scores that --record has kept.',
    )
    .addArgument(modelArgument())
    .option('--out <file>', 'where to write it, replaced if there (default: stdout)', pathName)
    .option('--json', 'print one JSON value')
    .addHelpText(
      'after',
      examples(
        'tract card mnist-student',
        'tract evaluate --samples runs/a/model --steps 1 --record',
        'tract card runs/a/model --out runs/a/model/README.md',
      ),
    )
    .action(async (model: string, options: CardOptions) => (await import('../actions/card.js')).card(io, model, options));
