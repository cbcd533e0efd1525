import { CommanderError } from 'commander';
import pc from 'picocolors';
import { endAll } from './computing/at-end.js';
import { deviceFailure } from './computing/device-failure.js';
import { CliError, exitCodes } from './errors.js';
import { type Io, outliveReaders, processIo } from './io.js';
import { buildProgram } from './program.js';

/**
 * Run one command line (without `node` and the script's name) and return the exit code: 0 ok, 1 failed, 2 usage, 3 bad data or checkpoint,
 * 4 backend missing, 5 diverged, 130 interrupted. Errors are told in one sentence; TRACT_DEBUG=1 adds the stack trace.
 */
export async function main(args: readonly string[], io: Io = processIo): Promise<number> {
  outliveReaders();
  const ranks = isTraining(args) ? await import('./computing/ranks.js') : undefined;
  let here = io;
  const end = (code: number, say = (): void => {}, error?: unknown): number | Promise<number> => {
    if (ranks) return ranks.partRanks(code, say, error);
    say();
    return code;
  };
  try {
    if (ranks) here = await ranks.joinRanks(io);
    await (await buildProgram(here, args)).parseAsync(args, { from: 'user' });
    return await end(exitCodes.ok);
  } catch (thrown) {
    const error = deviceFailure(thrown);
    // Help and the version end as errors too; they have been printed by now.
    if (error instanceof CommanderError && error.exitCode === 0) return await end(exitCodes.ok);
    if (error instanceof CommanderError && error.code === 'commander.help') return await end(exitCodes.usage);
    const { sentence, code } = await describe(error);
    const say = (): void => {
      if (sentence !== '') here.err(`${here.live ? pc.red('error:') : 'error:'} ${sentence}\n`);
      if (process.env.TRACT_DEBUG && error instanceof Error) here.err(`${error.stack}\n`);
    };
    return await end(code, say, error);
  } finally {
    endAll();
  }
}

/** Commands that a launcher may start as several ranks. */
const isTraining = ([command]: readonly string[]): boolean => command === 'train' || command === 'distill';

/** Return the sentence for stderr and the exit code of an error. The libraries, whose errors have kinds, are not loaded for errors of usage. */
async function describe(error: unknown): Promise<{ readonly sentence: string; readonly code: number }> {
  if (error instanceof CommanderError) return { sentence: usageSentence(error.message), code: exitCodes.usage };
  if (error instanceof CliError) return { sentence: error.message, code: error.exitCode };
  const { exitCodeOf, sentenceOf } = await import('./library-errors.js');
  return { sentence: sentenceOf(error), code: exitCodeOf(error) };
}

/** Turn commander's message of several lines and sentences into one sentence with a way out. */
function usageSentence(message: string): string {
  const said = message
    .replace(/^error: /, '')
    .replace(/(?: is invalid)?\. (\w)/, (_, first: string) => `: ${first.toLowerCase()}`)
    .replace(/\n\(Did you mean (?:one of )?(.*)\?\)$/, '; did you mean $1?')
    .replace(/\.$/, '');
  return /[:;]/.test(said) ? said : `${said}; see --help`;
}
