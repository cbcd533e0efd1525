import { Command } from 'commander';
import type { QuickstartOptions } from '../actions/quickstart.js';
import type { Io } from '../io.js';
import { examples, pathName, SuggestingOption, withComputing } from '../options/common-options.js';
import { quantity, shortCount } from '../options/quantity.js';
import { distillPresets } from '../presets/presets.js';
import { shippedNames } from '../shipped-models.js';

const { images, teacher } = distillPresets['mnist-quickstart'];

export const quickstartCommand = (io: Io): Command =>
  withComputing(
    new Command('quickstart')
      .description('Distils the shipped teacher into a one-step student, draws and measures.\nAfter Ctrl-C the same command goes on.')
      .option('--out <run>', 'folder of the run', pathName, 'runs/quickstart')
      .option('--images <n>', `training images (default: ${shortCount(images)})`, quantity)
      .option('--samples <n>', 'images that the distance is measured over (default: 5K)', quantity)
      .addOption(new SuggestingOption('--teacher <model>', 'MODEL to distil', shippedNames).argParser(pathName).default(teacher))
      .option('--json', 'print one JSON value at the end'),
  )
    .addHelpText('after', examples('tract quickstart', 'tract quickstart --images 20K --samples 1K --out runs/quick'))
    .action(async (options: QuickstartOptions) => (await import('../actions/quickstart.js')).quickstart(io, options));
