import { Command } from 'commander';
import type { Io } from './io.js';
import { examples, requireOptions } from './options/common-options.js';
import { version } from './version.js';

const footer = `
MODEL is a model folder (RUN/model), a safetensors file with its config.json,
or the name of a shipped model such as mnist-teacher.
K and M behind a count are thousands and millions: 640, 100K, 1.5M.
Results go to stdout, progress and errors to stderr; --json prints one value.
Exit codes: 0 ok, 1 failed, 2 usage, 3 bad data or checkpoint,
4 backend missing, 5 diverged (a loss, gradient or weight is not finite),
130 interrupted.
Environment: TRACT_MNIST names a folder with other idx files of MNIST's form,
TRACT_FASHION that of Fashion-MNIST (else Debian's dataset-fashion-mnist);
--backend webgpu needs the npm package webgpu and a graphics card, or
TRACT_WEBGPU_DRIVER=software to compute on the CPU where Debian's chromium is
installed; TRACT_DEBUG=1 adds the stack trace to an error.`;

/** Columns of every help text, on any terminal. */
const helpWidth = 79;

type Entry = { readonly summary: string; readonly load: () => Promise<(io: Io) => Command> };

/** Every command with its line in `tract --help`; its options are loaded with it. */
const entries: Readonly<Record<string, Entry>> = {
  train: {
    summary: 'Trains a diffusion model, the teacher. Ctrl-C keeps the work.',
    load: async () => (await import('./commands/train.js')).trainCommand,
  },
  distill: {
    summary: 'Turns a teacher of many steps into a student of few. Ctrl-C keeps the work.',
    load: async () => (await import('./commands/distill.js')).distillCommand,
  },
  sample: {
    summary: 'Draws images from a model; each depends on the seed and its number alone.',
    load: async () => (await import('./commands/sample.js')).sampleCommand,
  },
  evaluate: {
    summary: 'Measures how far samples are from real images.',
    load: async () => (await import('./commands/evaluate.js')).evaluateCommand,
  },
  fid: {
    summary: 'Scores images: FID, KID, Inception Score, precision, recall and others.',
    load: async () => (await import('./commands/fid.js')).fidCommand,
  },
  report: {
    summary: 'Writes one HTML file on a run: samples, curves, settings.',
    load: async () => (await import('./commands/report.js')).reportCommand,
  },
  watch: {
    summary: 'Serves a page that follows a run, to this machine alone, until Ctrl-C.',
    load: async () => (await import('./commands/watch.js')).watchCommand,
  },
  bench: {
    summary: 'Measures speed and memory.',
    load: async () => (await import('./commands/bench.js')).benchCommand,
  },
  mpi: {
    summary: 'Builds what connects the processes of a training over MPI.',
    load: async () => (await import('./commands/mpi.js')).mpiCommand,
  },
  launch: {
    summary: 'Prints how Slurm, Kubernetes or mpirun starts a command on many machines.',
    load: async () => (await import('./commands/launch.js')).launchCommand,
  },
  doctor: {
    summary: 'Shows what this machine offers: Node, processor, backends, speed.',
    load: async () => (await import('./commands/doctor.js')).doctorCommand,
  },
  inspect: {
    summary: 'Shows the configuration, the parameters and the tensors of a model.',
    load: async () => (await import('./commands/inspect.js')).inspectCommand,
  },
  card: {
    summary: 'Writes what a model is, how it was made and what it scores.',
    load: async () => (await import('./commands/card.js')).cardCommand,
  },
  convert: {
    summary: 'Turns checkpoints of other programs into models, and back.',
    load: async () => (await import('./commands/convert.js')).convertCommand,
  },
  quickstart: {
    summary: 'Distils the shipped teacher, draws and measures: the whole in one.',
    load: async () => (await import('./commands/quickstart.js')).quickstartCommand,
  },
  reproduce: {
    summary: "Runs one of the paper's tables, with seeds, and writes what it came to.",
    load: async () => (await import('./commands/reproduce.js')).reproduceCommand,
  },
  completion: {
    summary: 'Prints what lets a shell complete commands, options, presets and models.',
    load: async () => (await import('./commands/completion.js')).completionCommand,
  },
};

/**
 * Build the command line with the options of the commands that `args` need, so that help, errors and short commands come at once. Commands
 * write to `io` only, and end by an exception that `main` turns into an exit code; so do errors of usage, which are not printed here.
 * @param args the words after the program's name. Default: those that need every command.
 */
export async function buildProgram(io: Io, args: readonly string[] = ['complete']): Promise<Command> {
  const program = new Command('tract')
    .description('Turns slow diffusion models into one-step ones.')
    .version(version)
    .configureHelp({ helpWidth })
    .addHelpText('after', footer)
    .addHelpText('after', examples('tract quickstart', 'tract sample mnist-teacher --steps 64 --out digits.png'))
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err, outputError: () => {} })
    .showSuggestionAfterError()
    .hook('preAction', (_, command) => requireOptions(command));
  const words = args.filter((word) => !word.startsWith('-'));
  const wanted = words[0] === 'help' ? words[1] : words[0];
  for (const [name, { summary, load }] of Object.entries(entries)) {
    const isNeeded = wanted === name || wanted === 'complete';
    const command = isNeeded ? (await load())(io) : new Command(name);
    command.summary(summary).copyInheritedSettings(program);
    if (command.description() === '') command.description(summary);
    for (const inner of command.commands) inner.copyInheritedSettings(program);
    program.addCommand(command);
  }
  if (wanted === 'complete') {
    const { completeCommand } = await import('./commands/completion.js');
    program.addCommand(completeCommand(io).copyInheritedSettings(program), { hidden: true });
  }
  return program;
}
