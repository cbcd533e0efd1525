import { reasonOf } from '@tract/checkpoint';

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

/** Do what checks the values of options or settings. @throws CliError (usage) for values that do not go together */
export function asUsage<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw error instanceof RangeError || error instanceof TypeError ? usageError(reasonOf(error)) : error;
  }
}

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
