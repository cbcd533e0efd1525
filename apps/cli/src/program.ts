import { Command } from 'commander';
import { benchCommand } from './commands/bench.js';
import { cardCommand } from './commands/card.js';
import { completeCommand, completionCommand } from './commands/completion.js';
import { convertCommand } from './commands/convert.js';
import { distillCommand } from './commands/distill.js';
import { doctorCommand } from './commands/doctor.js';
import { evaluateCommand } from './commands/evaluate.js';
import { fidCommand } from './commands/fid.js';
import { inspectCommand } from './commands/inspect.js';
import { quickstartCommand } from './commands/quickstart.js';
import { reportCommand } from './commands/report.js';
import { sampleCommand } from './commands/sample.js';
import { trainCommand } from './commands/train.js';
import { watchCommand } from './commands/watch.js';
import { examples, requireOptions } from './common-options.js';
import type { Io } from './io.js';
import { version } from './version.js';

const footer = `
MODEL is a model folder (RUN/model), a safetensors file with its config.json,
or the name of a shipped model such as mnist-teacher.
K and M behind a count are thousands and millions: 640, 100K, 1.5M.
Results go to stdout, progress and errors to stderr; --json prints one value.
Exit codes: 0 ok, 1 failed, 2 usage, 3 bad data or checkpoint,
4 backend missing, 5 diverged (a loss, gradient or weight is not finite),
130 interrupted.
Environment: TRACT_MNIST names a folder with other idx files of MNIST's form;
--backend webgpu needs the npm package webgpu and a graphics card, or
TRACT_WEBGPU_DRIVER=software to compute on the CPU where Debian's chromium is
installed; TRACT_DEBUG=1 adds the stack trace to an error.`;

/** The columns of every help text, on any terminal. */
const helpWidth = 79;

const makers = [
  trainCommand,
  distillCommand,
  sampleCommand,
  evaluateCommand,
  fidCommand,
  reportCommand,
  watchCommand,
  benchCommand,
  doctorCommand,
  inspectCommand,
  cardCommand,
  convertCommand,
  quickstartCommand,
  completionCommand,
];

/**
 * The whole command line. What a command does is loaded when it runs, so that help and errors come at once. Commands write to `io`
 * only, and end by an exception that `main` turns into an exit code; so do errors of usage, which are not printed here.
 */
export function buildProgram(io: Io): Command {
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
  for (const make of makers) {
    const command = make(io).copyInheritedSettings(program);
    for (const inner of command.commands) inner.copyInheritedSettings(program);
    program.addCommand(command);
  }
  program.addCommand(completeCommand(io).copyInheritedSettings(program), { hidden: true });
  return program;
}
