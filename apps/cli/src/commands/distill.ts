import { methods, phaseStepsFault, type TargetRule } from '@tract/distill';
import { jumpWeightNames } from '@tract/schedules/training';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Io } from '../io.js';
import { examples, pathName, required, SuggestingOption, withComputing } from '../options/common-options.js';
import { fraction, integerList, numberUpTo } from '../options/quantity.js';
import { preset, settingsHeading, supervised, withTraining } from '../options/training-options.js';
import { distillPresets, presetHelp, usualStudent } from '../presets/presets.js';
import { shippedNames } from '../shipped-models.js';
import type { TrainingOptions } from '../training/train-run.js';

/** None, the second of the two that make a target, or both. */
const clips: readonly TargetRule['clip'][] = ['none', 'second', 'both'];

const describe = ({ method, schedule, teacher }: (typeof distillPresets)[string]): string => {
  const steps = schedule.length > 4 ? `${schedule[0]},${schedule[1]}...1` : schedule.join(',');
  return `${method} ${steps} of ${teacher}`;
};

/** Read sampling steps before, between and after the phases, such as `1024,32,1`. @throws InvalidArgumentError */
function phaseSchedule(text: string): readonly number[] {
  const steps = integerList(text);
  const fault = phaseStepsFault(steps);
  if (fault !== undefined) throw new InvalidArgumentError(`${fault}.`);
  return steps;
}

export const distillCommand = (io: Io): Command =>
  withComputing(
    withTraining(
      new Command('distill')
        .addOption(required('--out <run>', 'new folder of the run; its model/ is the student', pathName))
        .addOption(preset(usualStudent, distillPresets))
        .optionsGroup(settingsHeading)
        .addOption(new SuggestingOption('--teacher <model>', 'MODEL to distil', shippedNames).argParser(pathName))
        .addOption(new Option('--method <name>', 'target rule').choices(methods))
        .addOption(
          new Option('--teacher-step <name>', "how the teacher steps: where nothing says so, heun on EDM's levels").choices([
            'ddim',
            'heun',
          ]),
        )
        .option('--schedule <list>', 'sampling steps before, between and after the phases, each dividing the one before it', phaseSchedule)
        .option('--phase-weights <list>', 'how the phases share the images, such as 1,4 (with --schedule alone: equally)', integerList)
        .option(
          '--high-noise-fraction <x>',
          'fraction of the images that start in the noisier half of all start points (default: half, by uniform draws)',
          numberUpTo(1),
        )
        .option('--huber-width <x>', 'width of the pseudo-Huber loss in pixel values of [-1, 1]; 0 is the squared error', numberUpTo(2))
        .addOption(
          new Option('--huber-over <what>', "that loss of each pixel's difference, or of the length of a whole image's").choices([
            'elements',
            'samples',
          ]),
        )
        .addOption(new Option('--clip <what>', "predictions that a target is made of: clip them (default: the method's)").choices(clips))
        .option('--clip-student', "compare the student's prediction after clipping it to [-1, 1]")
        .option('--no-clip-student', 'compare it as it is, as the published code does')
        .option('--self-ema <mu>', "momentum of the self-teacher's average, in [0, 1)", fraction)
        .addOption(new Option('--decay <name>', 'how the learning rate goes in each phase').choices(['constant', 'cosine', 'linear']))
        .option('--reinit-student', 'at a phase change start the student from its new teacher, as in the paper')
        .option('--no-reinit-student', 'or let it go on as it is, as the published code does'),
      async () => (await import('@tract/train/settings')).distillSchema,
      jumpWeightNames,
    ),
  )
    .addHelpText('after', presetHelp(distillPresets, describe))
    .addHelpText(
      'after',
      examples(
        'tract distill --preset mnist-tract --out runs/student',
        'tract distill --teacher runs/teacher/model --schedule 512,1 --out runs/b',
        'tract distill --config runs/b/config.json --seed 1 --out runs/c',
        'tract distill --preset cifar10-tract-edm-40-1 --dry-run --json',
      ),
    )
    .action(supervised(io, async (options: TrainingOptions) => (await import('../actions/distill.js')).distill(io, options)));
