import { scales, type TableName, tableNames } from '@tract/reproduce';
import { Argument, Command, Option } from 'commander';
import type { ReproduceOptions } from '../actions/reproduce.js';
import type { Io } from '../io.js';
import { examples, pathName, required, SuggestingOption, withComputing } from '../options/common-options.js';
import { quantity } from '../options/quantity.js';
import { shippedNames } from '../shipped-models.js';

export const reproduceCommand = (io: Io): Command =>
  withComputing(
    new Command('reproduce')
      .description(
        "Runs one of the paper's tables, each row for each seed, and writes what it came\nto as TABLE.json, TABLE.md and TABLE.svg, TABLE-DATA with --data. After Ctrl-C the\nsame command goes on.",
      )
      .addArgument(new Argument('<table>', 'which one').choices(tableNames))
      .addOption(required('--out <folder>', 'folder of the results and of all runs, which tables share', pathName))
      .addOption(new Option('--scale <name>', 'images of a row and of a measurement').choices(Object.keys(scales)).default('small'))
      .option('--seeds <n>', 'trainings of each row, with seeds from 0 on', quantity, 3)
      .option('--images <n>', "training images of a row (default: the scale's)", quantity)
      .option('--samples <n>', "images of a measurement (default: the scale's)", quantity)
      .addOption(new SuggestingOption('--teacher <model>', "MODEL to distil (default: the preset's)", shippedNames).argParser(pathName))
      .option('--data <set>', "images to train with (default: the preset's)", pathName)
      .option('--reference <what>', 'real images, or their statistics', pathName, 'mnist:test')
      .option('--features <which>', 'as in tract evaluate', pathName, 'digits')
      .option('--so-far', 'start no training: measure and show those that are finished')
      .option('--json', 'print the result as one JSON value'),
  )
    .addHelpText(
      'after',
      examples('tract reproduce schedules --scale tiny --out runs/tables', 'tract reproduce self-teacher --images 16K --out runs/tables'),
    )
    .action(async (table: TableName, options: ReproduceOptions) => (await import('../actions/reproduce.js')).reproduce(io, table, options));
