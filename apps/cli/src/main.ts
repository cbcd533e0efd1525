import { CommanderError } from 'commander';
import pc from 'picocolors';
import { exitCodeOf, exitCodes } from './errors.js';
import { type Io, processIo } from './io.js';
import { buildProgram } from './program.js';

/**
 * Runs one command line (without `node` and the script's name) and gives the exit code: 0 ok, 1 failed, 2 usage, 3 bad data or checkpoint,
 * 4 backend missing, 130 interrupted. Errors are told in one sentence; TRACT_DEBUG=1 adds the stack trace.
 */
export async function main(args: readonly string[], io: Io = processIo): Promise<number> {
  try {
    await buildProgram(io).parseAsync(args, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    // commander has printed its own message by now; help and version end as an error of code 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const message = error instanceof Error ? error.message : String(error);
    io.err(`${io.live ? pc.red('error:') : 'error:'} ${message}\n`);
    if (process.env.TRACT_DEBUG && error instanceof Error) io.err(`${error.stack}\n`);
    return exitCodeOf(error);
  }
}
