import { CheckpointError } from '@tract/checkpoint';
import { DataError } from '@tract/data';
import { DistributedError, type DistributedErrorKind, PeerError } from '@tract/distributed';
import { ModelError, SamplingError } from '@tract/model';
import { ScoresError, type ScoresErrorKind } from '@tract/scores';
import { RunError, type RunErrorKind } from '@tract/train';
import { CliError, exitCodes } from './errors.js';
import { flagOf } from './options/flag-of.js';

/** Exit code of each kind of ScoresError. */
const scoresCodes: Readonly<Record<ScoresErrorKind, number>> = {
  missing: exitCodes.data,
  'invalid-data': exitCodes.data,
  'unknown-source': exitCodes.usage,
  'needs-images': exitCodes.usage,
  'needs-other-features': exitCodes.usage,
  'missing-runtime': exitCodes.backend,
};

/** Exit code of each kind of DistributedError, but for that of a peer. */
const distributedCodes: Readonly<Record<DistributedErrorKind, number>> = {
  launcher: exitCodes.backend,
  'not-built': exitCodes.backend,
  library: exitCodes.backend,
  build: exitCodes.backend,
  settings: exitCodes.usage,
  differs: exitCodes.failed,
  peer: exitCodes.failed,
  shard: exitCodes.usage,
};

/** Errors about files. */
const dataErrors = [CheckpointError, DataError, ModelError];

/** Codes of the operating system that mean a bad path rather than a bug of ours. */
const pathErrorCodes = new Set(['ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR', 'EPERM', 'EROFS']);

/** Errors of runs: their exit codes, but for `write`, which has that of its cause, and remedies in the words of the command line where those differ. */
const runErrors: Readonly<Record<Exclude<RunErrorKind, 'write'>, { readonly code: number; readonly remedy?: string }>> = {
  unfinished: { code: exitCodes.usage, remedy: 'add --resume to go on, or choose another --out' },
  finished: { code: exitCodes.usage, remedy: 'choose another --out, or train it further with --resume --override and more --images' },
  missing: { code: exitCodes.usage, remedy: 'start one without --resume, or with --resume latest' },
  occupied: { code: exitCodes.usage, remedy: 'choose another --out' },
  absent: { code: exitCodes.usage, remedy: 'expected the --out of tract train or distill' },
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

/** Return the exit code of any error that a command may end with. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CliError) return error.exitCode;
  if (!(error instanceof Error)) return exitCodes.failed;
  if (error instanceof PeerError) return error.exitCode;
  if (error instanceof DistributedError) return distributedCodes[error.kind];
  if (error instanceof ScoresError) return scoresCodes[error.kind];
  if (error instanceof RunError) return error.kind === 'write' ? exitCodeOf(error.cause) : runErrors[error.kind].code;
  if (dataErrors.some((kind) => error instanceof kind)) return exitCodes.data;
  if (error instanceof SamplingError) return exitCodes.usage;
  return pathErrorCodes.has((error as NodeJS.ErrnoException).code ?? '') ? exitCodes.data : exitCodes.failed;
}

/** Write the sentence for stderr of any error but commander's. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof PeerError) return ''; // that rank tells
  // The options of the library are those of the command line.
  if (error instanceof SamplingError) return `${flagOf(error.option)} ${error.reason}`;
  if (!(error instanceof RunError)) return error.message;
  const { problem, kind } = error;
  return `${problem}; ${(kind !== 'write' && runErrors[kind].remedy) || error.remedy}`;
}
