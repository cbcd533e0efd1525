import { type Command, Option } from 'commander';
import { pathName, withComputing } from './common-options.js';
import { quantity, wholeNumber } from './quantity.js';
import { withSampling } from './sampling-options.js';

/** Add the options of commands that turn images into features. @param features the extractor by default. */
export const withMeasuring = (command: Command, features: 'inception' | 'digits'): Command =>
  withComputing(
    withSampling(
      command
        .option(
          '--features <which>',
          'inception, digits or fashion (of 28x28 grey pixels),\nicons (32x32, RGB), or a FILE.onnx (needs\nonnxruntime-node)',
          features,
        )
        .option('--weights <file>', 'weights of Inception; see tract fid weights --help\n(default: what TRACT_INCEPTION names)', pathName)
        .addOption(
          new Option('--mode <name>', 'how images are resized and scaled for Inception')
            .choices(['clean', 'pytorch-fid', 'tf1'])
            .default('pytorch-fid'),
        )
        .option('--count <n>', 'images of the samples: the first n, or those to draw\n(default: all; 10K)', quantity)
        .option('--steps <n>', 'with a MODEL: sampling steps (default: its samplingSteps)', quantity)
        .option('--seed <n>', 'seed of the noise and of random subsets (default: 0)', wholeNumber)
        .option('--batch <n>', 'images drawn at a time; does not change them', quantity, 64),
    ).option('--json', 'print one JSON value'),
  );
