import { SamplingError } from '@tract/model';
import type { ScoresError, ScoresErrorKind } from '@tract/scores';
import type { RunErrorKind } from '@tract/train';
import { flagOf } from './flag-of.js';

/** Exit codes of the process. Documented in `tract --help`. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, data: 3, backend: 4, diverged: 5, interrupted: 130 } as const;

/** An end of the program that a user can act on: one sentence for stderr and the exit code that goes with it. */
export class CliError extends Error {
  override readonly name: string = 'CliError';

  constructor(
    message: string,
    readonly exitCode: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The command line asks for something that cannot be; nothing has been written. */
export const usageError = (message: string): CliError => new CliError(message, exitCodes.usage);

/** A file is missing, damaged or not what it should be. */
export const dataError = (message: string, cause?: unknown): CliError => new CliError(message, exitCodes.data, { cause });

/** The backend that was asked for is not there. */
export const backendError = (message: string, cause?: unknown): CliError => new CliError(message, exitCodes.backend, { cause });

/** The work went wrong while it ran. */
export const failure = (message: string): CliError => new CliError(message, exitCodes.failed);

/** Another process has done the work and told its error; end as it did. */
export const endedAs = (exitCode: number): CliError => new CliError('', exitCode);

/** Someone pressed Ctrl-C, and everything worth keeping has been kept. */
export const interrupted = (message: string): CliError => new CliError(message, exitCodes.interrupted);

/** Exit code of each kind of ScoresError. */
const scoresCodes: Readonly<Record<ScoresErrorKind, number>> = {
  missing: exitCodes.data,
  'invalid-data': exitCodes.data,
  'unknown-source': exitCodes.usage,
  'needs-images': exitCodes.usage,
  'needs-other-features': exitCodes.usage,
  'missing-runtime': exitCodes.backend,
};

/** Errors of our packages about files; compared by name because a package may be loaded twice. */
const dataErrorNames = new Set(['CheckpointError', 'DataError', 'ModelError']);

/** Codes of the operating system that mean a bad path rather than a bug of ours. */
const pathErrorCodes = new Set(['ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR', 'EPERM', 'EROFS']);

/** Errors of runs: their exit codes, but for `write`, which has that of its cause, and remedies in the words of the command line where those differ. */
const runErrors: Readonly<Record<Exclude<RunErrorKind, 'write'>, { readonly code: number; readonly remedy?: string }>> = {
  unfinished: { code: exitCodes.usage, remedy: 'add --resume to go on, or choose another --out' },
  finished: { code: exitCodes.usage, remedy: 'choose another --out, or train it further with --resume --override and more --images' },
  missing: { code: exitCodes.usage, remedy: 'start one without --resume, or with --resume latest' },
  occupied: { code: exitCodes.usage, remedy: 'choose another --out' },
  settings: { code: exitCodes.usage, remedy: 'keep those it has, take the new ones with --override, or choose another --out' },
  fixed: { code: exitCodes.usage, remedy: 'choose another --out' },
  'too-short': { code: exitCodes.usage, remedy: 'give more --images' },
  foreign: { code: exitCodes.usage, remedy: 'choose a new folder for --out' },
  place: { code: exitCodes.usage, remedy: 'choose another place for --out' },
  busy: { code: exitCodes.failed },
  damaged: { code: exitCodes.data },
  diverged: {
    code: exitCodes.diverged,
    remedy: 'go on from it with a lower --lr (--resume --override), or start again with one',
  },
  crashed: { code: exitCodes.failed, remedy: '--resume goes on from it' },
  interrupted: { code: exitCodes.interrupted, remedy: '--resume goes on from it' },
};

type RunErrorLike = Error & { readonly kind: RunErrorKind; readonly problem: string; readonly remedy: string };

/** True for an error of @tract/train; by its form because a package may be loaded twice. */
export const isRunError = (error: unknown): error is RunErrorLike =>
  error instanceof Error &&
  'problem' in error &&
  'kind' in error &&
  (error.kind === 'write' || Object.hasOwn(runErrors, String(error.kind)));

/** Exit code of any error that a command may end with. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CliError) return error.exitCode;
  if (!(error instanceof Error)) return exitCodes.failed;
  if (error.name === 'ScoresError') return scoresCodes[(error as ScoresError).kind];
  if (isRunError(error)) return error.kind === 'write' ? exitCodeOf(error.cause) : runErrors[error.kind].code;
  if (dataErrorNames.has(error.name)) return exitCodes.data;
  if (error instanceof SamplingError) return exitCodes.usage;
  return pathErrorCodes.has((error as NodeJS.ErrnoException).code ?? '') ? exitCodes.data : exitCodes.failed;
}

/** Sentence for stderr of any error but commander's. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // The options of the library are those of the command line.
  if (error instanceof SamplingError) return `${flagOf(error.option)} ${error.reason}`;
  if (!isRunError(error)) return error.message;
  const { problem, kind } = error;
  return `${problem}; ${(kind !== 'write' && runErrors[kind].remedy) || error.remedy}`;
}
