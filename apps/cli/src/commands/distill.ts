import { type Command, Option } from 'commander';
import { startBackend } from '../backend.js';
import { type ComputeOptions, computeCommand } from '../common-options.js';
import { loadSet } from '../digits.js';
import { distillWork, setupOf } from '../distill-run.js';
import { usageError } from '../errors.js';
import { type Io, report } from '../io.js';
import { readModel } from '../model-folder.js';
import { choosePreset, type DistillPreset, distillPresets } from '../presets.js';
import { fraction, phaseSchedule, positiveNumber, quantity, wholeNumber, withCommas } from '../quantity.js';
import { beginRun, modelPath, openRun, type RunConfig } from '../run-folder.js';
import { runWork } from '../trainer.js';

type Options = ComputeOptions & Partial<Omit<DistillPreset, 'learningRate'>> & {
  readonly preset: string;
  readonly out: string;
  readonly lr?: number;
  readonly resume?: boolean;
  readonly json?: boolean;
};

export const distillCommand = (io: Io): Command =>
  computeCommand('distill', 'Turns a teacher of many steps into a student of few.')
    .option('--preset <name>', `settings to start from: ${Object.keys(distillPresets).join(', ')}`, 'mnist-tract')
    .requiredOption('--out <run>', 'folder of the run; its model/ is the student')
    .option('--teacher <model>', "MODEL to distil; default: the preset's own")
    .addOption(new Option('--method <name>', 'target rule').choices(['tract', 'btd']))
    .option('--schedule <list>', 'sampling steps before, between and after the phases', phaseSchedule)
    .option('--images <n>', 'training images of all phases together', quantity)
    .option('--batch <n>', 'images of an update', quantity)
    .option('--seed <n>', 'seed of everything random', wholeNumber)
    .option('--lr <x>', 'learning rate', positiveNumber(1))
    .option('--self-ema <mu>', "momentum of the self-teacher's average", fraction)
    .option('--ema-residual <x>', 'share of the start that is left in the sampled average after a phase', positiveNumber(0.999))
    .option('--checkpoint-every <n>', 'images between two checkpoints', quantity)
    .option('--resume', 'go on from the last checkpoint of --out')
    .option('--json', 'print one JSON value at the end')
    .addHelpText('after', '\nExamples:\n  tract distill --preset mnist-tract --out runs/student\n  tract distill --teacher runs/teacher/model --schedule 1024,32,1 --images 500K --out runs/b')
    .action((options: Options) => distill(io, options));

/** The preset with what the command line changes. */
function settingsOf(options: Options): DistillPreset {
  const preset = choosePreset(distillPresets, options.preset);
  const { teacher, method, schedule, images, batch, seed, selfEma, emaResidual, checkpointEvery, lr: learningRate } = options;
  const changes = { teacher, method, schedule, images, batch, seed, selfEma, emaResidual, checkpointEvery, learningRate };
  return { ...preset, ...Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) };
}

async function distill(io: Io, options: Options): Promise<void> {
  const settings = settingsOf(options);
  const config: RunConfig = { format: 'tract-run', version: 1, command: 'distill', settings };
  const from = openRun(options.out, options.resume === true, config);
  const teacher = readModel(settings.teacher);
  try {
    setupOf(teacher, settings);
  } catch (error) {
    throw usageError((error as Error).message);
  }
  const images = await loadSet(`${settings.data}:train`);
  await startBackend(io, options);
  beginRun(options.out, config, from);
  const work = distillWork({ run: options.out, settings, teacher, images, from });
  try {
    const state = await runWork(io, work, from?.state, { silent: options.silent === true });
    const value = { run: options.out, model: modelPath(options.out), images: state.images, seconds: state.seconds };
    report(io, options.json === true, value, [`${modelPath(options.out)}: student after ${withCommas(state.images)} images in ${state.seconds} s`]);
  } finally {
    work.dispose();
  }
}
