import { SamplingError } from '@tract/model';
import type { ScoresError, ScoresErrorKind } from '@tract/scores';

/** What the process tells its caller. Documented in `tract --help`. */
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

/** A loss, gradient or weight is not finite; nothing of it was kept. */
export const diverged = (message: string): CliError => new CliError(message, exitCodes.diverged);

/** Another process has done the work and told its error; ends as it did. */
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

/** The exit code of any error that a command may end with. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CliError) return error.exitCode;
  if (!(error instanceof Error)) return exitCodes.failed;
  if (error.name === 'ScoresError') return scoresCodes[(error as ScoresError).kind];
  if (dataErrorNames.has(error.name)) return exitCodes.data;
  if (error instanceof SamplingError) return exitCodes.usage;
  return pathErrorCodes.has((error as NodeJS.ErrnoException).code ?? '') ? exitCodes.data : exitCodes.failed;
}
