import { Command } from 'commander';
import type { EvaluateOptions } from '../actions/evaluate.js';
import type { Io } from '../io.js';
import { examples, pathName, required, withComputing } from '../options/common-options.js';
import { setHelp } from '../options/data-sets.js';
import { quantity, wholeNumber } from '../options/quantity.js';
import { withSampling } from '../options/sampling-options.js';

export const evaluateCommand = (io: Io): Command =>
  withComputing(
    withSampling(
      new Command('evaluate')
        .description(
          'Measures how far samples are from real images: the Frechet distance in\nfeatures of a digit classifier; lower is better.',
        )
        .addOption(required('--samples <what>', 'FILE.npz, a folder of images, or a MODEL to draw from', pathName))
        .option('--steps <n>', 'with a MODEL: sampling steps (required then)', quantity)
        .option('--count <n>', 'with a MODEL: images to draw (default: 10K)', quantity)
        .option('--seed <n>', 'with a MODEL: seed of the noise (default: 0)', wholeNumber)
        .option('--batch <n>', 'images drawn at a time; does not change them', quantity, 64),
    )
      .option('--reference <set>', 'real images, see below', 'mnist:test')
      .option('--record', "keep the score in the MODEL's config.json, for tract card")
      .option('--json', 'print one JSON value'),
  )
    .addHelpText('after', setHelp)
    .addHelpText(
      'after',
      examples(
        'tract evaluate --samples runs/a/model --steps 1 --count 10K --record',
        'tract evaluate --samples digits.npz --reference mnist:train --json',
      ),
    )
    .action(async (options: EvaluateOptions) => (await import('../actions/evaluate.js')).evaluate(io, options));
