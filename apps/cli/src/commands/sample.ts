import { Command } from 'commander';
import type { SampleOptions } from '../actions/sample.js';
import type { Io } from '../io.js';
import { examples, pathName, withComputing } from '../options/common-options.js';
import { modelArgument } from '../options/model-argument.js';
import { quantity, wholeNumber } from '../options/quantity.js';
import { withSampling } from '../options/sampling-options.js';
import { withSharding } from '../options/sharding-options.js';

export const sampleCommand = (io: Io): Command =>
  withComputing(
    withSharding(
      withSampling(
        new Command('sample')
          .addArgument(modelArgument())
          .option(
            '--steps <n>',
            "sampling steps: one network call each, with heun two but for the last (default: the model's samplingSteps)",
            quantity,
          )
          .option(
            '--out <path>',
            "FILE.png (a grid), FILE.npz (uint8 NHWC under `images`), both replaced if there, or a new folder of PNGs (default: the model's name with .png, a new file)",
            pathName,
          )
          .option('--count <n>', 'images', quantity, 64)
          .option('--seed <n>', 'seed of the noise', wholeNumber, 0)
          .option('--batch <n>', 'images at a time; does not change them', quantity, 64),
      ),
    ).option('--json', 'print one JSON value'),
  )
    .addHelpText(
      'after',
      examples(
        'tract sample mnist-student',
        'tract sample mnist-teacher --steps 64 --count 100 --out digits.png',
        'tract sample runs/a/model --steps 1 --count 5K --seed 7 --out digits.npz',
        'tract sample runs/edm/model --steps 18 --churn 20 --out digits.png',
        'tract sample mnist-student --count 50K --shards 100 --shard auto --out drawn',
      ),
    )
    .action(async (model: string, options: SampleOptions) => (await import('../actions/sample.js')).sample(io, model, options));
