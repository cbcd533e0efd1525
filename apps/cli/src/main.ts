import { CommanderError } from 'commander';
import pc from 'picocolors';
import { endAll } from './at-end.js';
import { deviceFailure } from './device-failure.js';
import { exitCodeOf, exitCodes, sentenceOf } from './errors.js';
import { type Io, processIo } from './io.js';
import { buildProgram } from './program.js';

/**
 * Runs one command line (without `node` and the script's name) and gives the exit code: 0 ok, 1 failed, 2 usage, 3 bad data or checkpoint,
 * 4 backend missing, 5 diverged, 130 interrupted. Errors are told in one sentence; TRACT_DEBUG=1 adds the stack trace.
 */
export async function main(args: readonly string[], io: Io = processIo): Promise<number> {
  if (io === processIo) endQuietly();
  try {
    await buildProgram(io).parseAsync(args, { from: 'user' });
    return exitCodes.ok;
  } catch (thrown) {
    const error = deviceFailure(thrown);
    // Help and the version end as errors too; they have been printed by now.
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok;
    if (error instanceof CommanderError && error.code === 'commander.help') return exitCodes.usage;
    const told = sentence(error);
    if (told !== '') io.err(`${io.live ? pc.red('error:') : 'error:'} ${told}\n`);
    if (process.env.TRACT_DEBUG && error instanceof Error) io.err(`${error.stack}\n`);
    return error instanceof CommanderError ? exitCodes.usage : exitCodeOf(error);
  } finally {
    endAll();
  }
}

/** End as other programs do when nobody reads the output any more, as after `| head`. */
function endQuietly(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(exitCodes.ok);
    });
  }
}

function sentence(error: unknown): string {
  return error instanceof CommanderError ? usageSentence(error.message) : sentenceOf(error);
}

/** commander's message of several lines and sentences as one, with a way out. */
function usageSentence(message: string): string {
  const said = message
    .replace(/^error: /, '')
    .replace(/(?: is invalid)?\. (\w)/, (_, first: string) => `: ${first.toLowerCase()}`)
    .replace(/\n\(Did you mean (?:one of )?(.*)\?\)$/, '; did you mean $1?')
    .replace(/\.$/, '');
  return /[:;]/.test(said) ? said : `${said}; see --help`;
}
