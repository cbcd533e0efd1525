import type { settingRows } from '@tract/train/settings';
import { type Command, Option } from 'commander';
import type { Io } from '../io.js';
import { keptCheckpoints } from '../training/run-folder.js';
import { pathName, SuggestingOption } from './common-options.js';
import { checkSet, setHelp } from './data-sets.js';
import { byteCount, fraction, numberUpTo, positiveNumber, quantity, wholeNumber, wholeNumberUpTo } from './quantity.js';

const resumeHelp = `
Going on, to the bit, with a run that was stopped or killed:
  --resume          from its last checkpoint that is whole
  --resume latest   the same, from the start where there is no run yet, and
                    nothing to do where it is finished
  --resume PATH     from RUN/checkpoints/step-N; later ones are removed, and
                    another --out makes it another run
Ctrl-C, SIGTERM and SIGUSR1 write a checkpoint and end with code 130, a second
Ctrl-C ends at once. A loss, gradient or weight that is not finite ends with
code 5 and is never written.`;

const ranksHelp = `
Several processes as one run: mpirun -n 4 node .../tract train ..., once
tract mpi build has been run; docs/many-machines.md.
  --reduce fast     sums as the MPI library takes them (default)
  --reduce ordered  in one order: the same bits for any number of ranks
  --reduce bf16     half the bytes, each rounded to 2^-8
SIGUSR1 to the launcher writes a checkpoint, and the run goes on.`;

const settingsHelp = `
Settings, each line over the ones before it:
  --preset NAME     all of them, listed below
  --config FILE     some of them in YAML or JSON, such as
                    {"preset": "mnist-tiny", "images": 5000, "network":
                    {"channels": 16}}; or RUN/config.json, to repeat that run
  --set NAME=VALUE  one of them, such as network.channels=16; null takes it
                    away, and a mapping or a list is written as in JSON
  --lr and others   those that have options of their own, above
Their names, ranges and a JSON Schema for editors: docs/settings.md and
schema/ of @tract/cli. --dry-run shows what they come to.`;

/** The heading of options that are settings; what is not given comes from elsewhere. */
export const settingsHeading = 'Settings (default: as --config or the preset says):';

/** List the beginnings of assignments, such as `images=`. */
async function startsOf(schema: () => Promise<Parameters<typeof settingRows>[0]>): Promise<readonly string[]> {
  const { settingRows: rowsOf } = await import('@tract/train/settings');
  return [...new Set(rowsOf(await schema()).map(({ path }) => `${path}=`))];
}

const collect = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

/**
 * Add the options of both kinds of training, after those of their own.
 * @param schema of the settings, whose names `--set` completes.
 * @param weights names of its loss weights.
 */
export const withTraining = (
  command: Command,
  schema: () => Promise<Parameters<typeof settingRows>[0]>,
  weights: readonly string[],
): Command =>
  command
    .optionsGroup(settingsHeading)
    .option('--data <set>', 'images to train with, see below', checkSet)
    .option('--flip', 'mirror half of the images left to right')
    .option('--no-flip', 'mirror none')
    .option('--images <n>', 'training images, counted with repetition, of all phases together', quantity)
    .option('--batch <n>', 'images of an update', quantity)
    .option('--accumulate <n>', "parts of a batch's images, one after the other: the memory of one part", quantity)
    .option('--seed <n>', 'seed of everything random, a whole number', wholeNumber)
    .option('--lr <x>', 'highest learning rate, above 0 and at most 1', positiveNumber(1))
    .option('--clip-norm <x>', 'largest norm of the gradient in a step; 0 leaves it as it is', numberUpTo(1e6))
    .addOption(new Option('--loss-weight <name>', 'what the error weighs at a noise level').choices(weights))
    .addOption(
      new Option('--ema-residual <x>', 'share of the start that is left in the sampled average at the end (of a phase)')
        .argParser(positiveNumber(0.999))
        .conflicts(['emaMomentum', 'emaHalfLife']),
    )
    .addOption(
      new Option('--ema-momentum <mu>', "or that average's momentum, in [0, 1)")
        .argParser(fraction)
        .conflicts(['emaResidual', 'emaHalfLife']),
    )
    .addOption(
      new Option('--ema-half-life <n>', 'or the images after which an update counts half')
        .argParser(quantity)
        .conflicts(['emaResidual', 'emaMomentum']),
    )
    .option('--workers <n>', 'threads that read images in files ahead (default: by cores)', wholeNumberUpTo(256))
    .option('--data-memory <size>', 'a set in files up to this size is kept in memory once read (default: 2G)', byteCount)
    .option('--max-bad-samples <n>', 'images in files that are passed over because they cannot be read (default: 0)', wholeNumber)
    .option('--fewer-classes', 'take images of fewer classes than the network knows')
    .option('--checkpoint-every <n>', 'images between two checkpoints', quantity)
    .optionsGroup('')
    .option('--config <file>', 'YAML or JSON of settings, see below (default: none)', pathName)
    .addOption(
      new SuggestingOption('--set <name=value>', 'a setting by its name, see below; may be repeated (default: none)', () =>
        startsOf(schema),
      ).argParser(collect),
    )
    .option('--keep <n>', 'checkpoints that are kept', quantity, keptCheckpoints)
    .option('--resume [checkpoint]', 'go on from the last checkpoint of --out, see below (default: a new run)', pathName)
    .option('--override', 'with --resume: let settings differ from those of the run')
    .option('--max-restarts <n>', 'times to go on by itself after a crash, a kill or divergence', wholeNumber, 0)
    .addOption(new Option('--reduce <sums>', 'of gradients over ranks, see below (default: fast)').choices(['fast', 'ordered', 'bf16']))
    .option('--sum-shards <n>', "shares of a batch's images in ordered sums (default: 8, 4 or 2)", quantity)
    .option('--bucket <size>', 'gradients that are summed over ranks at a time (default: 26M)', byteCount)
    .option('--samples <n>', 'images drawn at each checkpoint (default: few enough to be cheap)', wholeNumber)
    .option('--dry-run', 'print what would be done and what it costs; write nothing')
    .option('--json', 'print one JSON value at the end')
    .addHelpText('after', settingsHelp)
    .addHelpText('after', resumeHelp)
    .addHelpText('after', ranksHelp)
    .addHelpText('after', setHelp);

/** --preset, whose names are told by the command where one is not known. */
export const preset = (usual: string, presets: object): Option =>
  new SuggestingOption('--preset <name>', `settings to start from, listed below (default: ${usual})`, () => Object.keys(presets));

type Supervised = { readonly out: string; readonly maxRestarts?: number; readonly dryRun?: boolean };

/** The action of a training: itself, or with --max-restarts a process that starts and watches it. */
export const supervised =
  <T extends Supervised>(io: Io, action: (options: T) => Promise<void>) =>
  async (options: T): Promise<void> => {
    const { out: run, maxRestarts = 0, dryRun } = options;
    if (maxRestarts === 0 || dryRun) return action(options);
    const { superviseRun } = await import('../training/supervise-run.js');
    await superviseRun(io, run, maxRestarts);
  };
