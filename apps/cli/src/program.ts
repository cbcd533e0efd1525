import { Command } from 'commander';
import { benchCommand } from './commands/bench.js';
import { distillCommand } from './commands/distill.js';
import { doctorCommand } from './commands/doctor.js';
import { evaluateCommand } from './commands/evaluate.js';
import { inspectCommand } from './commands/inspect.js';
import { quickstartCommand } from './commands/quickstart.js';
import { sampleCommand } from './commands/sample.js';
import { trainCommand } from './commands/train.js';
import type { Io } from './io.js';

const footer = `
MODEL is a model folder, a safetensors file with its config.json, or the name of a shipped model (mnist-teacher).
K and M behind a count are thousands and millions. Results go to stdout, progress to stderr.
Exit codes: 0 ok, 1 failed, 2 usage, 3 bad data or checkpoint, 4 backend missing, 130 interrupted.`;

/** The whole command line. Commands write to `io` only, and end by an exception that `main` turns into an exit code. */
export function buildProgram(io: Io): Command {
  const program = new Command('tract')
    .description('Turns slow diffusion models into one-step ones.')
    .version('0.1.0')
    .addHelpText('after', footer)
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .showSuggestionAfterError();
  const commands = [
    trainCommand,
    distillCommand,
    sampleCommand,
    evaluateCommand,
    benchCommand,
    doctorCommand,
    inspectCommand,
    quickstartCommand,
  ];
  for (const make of commands) {
    const command = make(io).copyInheritedSettings(program);
    for (const inner of command.commands) inner.copyInheritedSettings(program);
    program.addCommand(command);
  }
  return program;
}
