import { lossWeights } from '@tract/schedules';
import { Command, Option } from 'commander';
import type { DistillOptions } from '../actions/distill.js';
import { examples, pathName, required, withComputing } from '../common-options.js';
import type { Io } from '../io.js';
import { distillPresets, presetHelp } from '../presets.js';
import { fraction, integerList, numberUpTo, phaseSchedule, positiveNumber, quantity, wholeNumber } from '../quantity.js';
import { targetRules } from '../target-rules.js';

const describe = ({ method, schedule, teacher }: (typeof distillPresets)[string]): string =>
  `${method} ${schedule.join(',')} of ${teacher}`;

export const distillCommand = (io: Io): Command =>
  withComputing(
    new Command('distill')
      .description('Turns a teacher of many steps into a student of few. Ctrl-C keeps the work.')
      .addOption(required('--out <run>', 'new folder of the run; its model/ is the student', pathName))
      .option('--preset <name>', 'settings to start from, listed below', 'mnist-tract')
      .option('--teacher <model>', "MODEL to distil (default: the preset's)")
      .addOption(new Option('--method <name>', 'target rule').choices(Object.keys(targetRules)))
      .option('--schedule <list>', 'sampling steps before, between and after the phases, each dividing the one before it', phaseSchedule)
      .option('--phase-weights <list>', 'how the phases share the images, such as 1,4 (with --schedule alone: equally)', integerList)
      .option('--images <n>', 'training images of all phases together', quantity)
      .option('--batch <n>', 'images of an update', quantity)
      .option('--seed <n>', 'seed of everything random', wholeNumber)
      .option('--lr <x>', 'highest learning rate, above 0 and at most 1', positiveNumber(1))
      .addOption(new Option('--loss-weight <name>', 'weight of the loss at a noise level').choices(Object.keys(lossWeights)))
      .option('--huber-width <x>', 'width of the pseudo-Huber loss in pixel values of [-1, 1]; 0 is the squared error', numberUpTo(2))
      .option('--clip-student', "compare the student's prediction after clipping it to [-1, 1]")
      .option('--no-clip-student', 'compare it as it is, as the published code does')
      .option('--self-ema <mu>', "momentum of the self-teacher's average, in [0, 1)", fraction)
      .option('--ema-residual <x>', 'share of the start that is left in the sampled average after a phase', positiveNumber(0.999))
      .option('--checkpoint-every <n>', 'images between two checkpoints', quantity)
      .option('--resume', 'go on from the last checkpoint of --out')
      .option('--json', 'print one JSON value at the end'),
  )
    .addHelpText('after', presetHelp(distillPresets, describe))
    .addHelpText(
      'after',
      examples(
        'tract distill --preset mnist-tract --out runs/student',
        'tract distill --teacher runs/teacher/model --schedule 512,1 --out runs/b',
      ),
    )
    .action(async (options: DistillOptions) => (await import('../actions/distill.js')).distill(io, options));
