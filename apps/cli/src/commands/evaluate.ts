import { Command } from 'commander';
import type { Io } from '../io.js';
import { examples, pathName, required } from '../options/common-options.js';
import { setHelp } from '../options/data-sets.js';
import { withMeasuring } from '../options/measuring-options.js';
import { type ShardedScoreOptions, scoreOrShards, withShardedScores } from './fid.js';

type EvaluateOptions = ShardedScoreOptions & { readonly samples: string; readonly reference: string };

export const evaluateCommand = (io: Io): Command =>
  withShardedScores(
    withMeasuring(
      new Command('evaluate')
        .description(
          'Measures how far samples are from real images: the Frechet distance of their\nfeatures; lower is better. tract fid measures more.',
        )
        .addOption(
          required('--samples <what>', 'a MODEL to draw from, a folder or zip of pictures, an\nnpz or npy, or a data set', pathName),
        )
        .option('--reference <what>', 'real images, or their statistics: as --samples', pathName, 'mnist:test')
        .option('--record', "keep the score in the MODEL's config.json, for tract card"),
      'digits',
    ),
  )
    .addHelpText('after', setHelp)
    .addHelpText(
      'after',
      examples(
        'tract evaluate --samples runs/a/model --steps 1 --count 10K --record',
        'tract evaluate --samples digits.npz --reference mnist:train --json',
        'tract evaluate --samples a.zip --reference b.zip --features inception',
      ),
    )
    .action(({ samples, reference, ...options }: EvaluateOptions) => scoreOrShards(io, samples, reference, options));
