import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { CliError, exitCodeOf } from './errors.js';

/** The disk did not take what was to be written at `path`; what stood there before still does. */
export class WriteError extends CliError {
  override readonly name = 'WriteError';

  constructor(
    message: string,
    readonly path: string,
    readonly neededBytes: number,
    /** What an unprivileged process may still take; undefined where the system does not say. */
    readonly freeBytes: number | undefined,
    cause: Error,
  ) {
    super(message, exitCodeOf(cause), { cause });
  }
}

/** Codes of a disk, or a user's part of it, that holds no more. */
const fullCodes = new Set(['ENOSPC', 'EDQUOT']);

export function writeError(path: string, neededBytes: number, cause: NodeJS.ErrnoException): WriteError {
  const free = freeBytes(path);
  const reason = fullCodes.has(cause.code ?? '')
    ? `the disk is full (${cause.code}): ${neededBytes} bytes needed, ${free ?? 'an unknown number'} free; make room and try again`
    : `${cause.message}; check the disk, or choose another place, and try again`;
  return new WriteError(`cannot write ${path}, what was there before is untouched: ${reason}`, path, neededBytes, free, cause);
}

function freeBytes(path: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
