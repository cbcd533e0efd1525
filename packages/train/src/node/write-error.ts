import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { RunError } from '../run-error.js';

/** Codes of a disk, or a user's quota of it, that holds no more. */
const fullCodes = new Set(['ENOSPC', 'EDQUOT']);

/** The disk did not take what was to be written at `path`; what stood there before still does. `cause` is the system's error. */
export class WriteError extends RunError {
  override readonly name = 'WriteError';
  override readonly cause: NodeJS.ErrnoException;
  /** Bytes that an unprivileged process may still write; undefined where the system does not say. */
  readonly freeBytes: number | undefined;

  constructor(
    readonly path: string,
    readonly neededBytes: number,
    cause: NodeJS.ErrnoException,
  ) {
    const free = freeBytes(path);
    const isFull = fullCodes.has(cause.code ?? '');
    const reason = isFull
      ? `the disk is full (${cause.code}): ${neededBytes} bytes needed, ${free ?? 'an unknown number'} free`
      : cause.message;
    const remedy = isFull ? 'make room and try again' : 'check the disk, or choose another place, and try again';
    super('write', `cannot write ${path}, what was there before is untouched: ${reason}`, remedy);
    this.cause = cause;
    this.freeBytes = free;
  }
}

function freeBytes(path: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
