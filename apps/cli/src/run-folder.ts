import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type NamedArray, readSafetensors, writeSafetensors } from '@tract/checkpoint';
import { settleFolder, writeFileAtomically, writeFolderAtomically } from './atomic.js';
import { dataError, usageError } from './errors.js';
import { makeFolder, requireRoom } from './folders.js';
import { withCommas } from './quantity.js';
import { lockName, lockRun } from './run-lock.js';

/** The resolved settings of a run, as RUN/config.json keeps them. */
export type RunConfig = {
  readonly format: 'tract-run';
  readonly version: 1;
  readonly command: 'train' | 'distill';
  readonly settings: Readonly<Record<string, unknown>>;
};

/** What a checkpoint knows besides tensors. */
export type RunState = {
  /** Updates done and in all. */
  readonly step: number;
  readonly totalSteps: number;
  readonly images: number;
  /** Seconds of work so far, all sessions together. */
  readonly seconds: number;
  /** Numbers that belong to the state of the method: phase, updates since a restart. */
  readonly counters: Readonly<Record<string, number>>;
  /** What the next line of the log has gathered so far. */
  readonly window: LogWindow;
};

/** Sums over the updates since the last line of the log. */
export type LogWindow = { readonly loss: number; readonly gradNorm: number; readonly count: number };

export type Checkpoint = { readonly state: RunState; readonly tensors: ReadonlyMap<string, NamedArray> };

const paths = (run: string) => ({
  config: join(run, 'config.json'),
  checkpoint: join(run, 'checkpoint'),
  stats: join(run, 'stats.jsonl'),
  model: join(run, 'model'),
});

export const modelPath = (run: string): string => paths(run).model;

/** Commits everything that a run needs to go on, whole or not at all. */
export function writeCheckpoint(run: string, state: RunState, tensors: readonly (readonly [string, NamedArray])[]): void {
  const bytes = writeSafetensors(tensors);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const text = `${JSON.stringify({ format: 'tract-checkpoint', version: 1, ...state, sha256 }, null, 2)}\n`;
  writeFolderAtomically(
    paths(run).checkpoint,
    new Map<string, Uint8Array | string>([
      ['state.safetensors', bytes],
      ['state.json', text],
    ]),
  );
}

/**
 * The last checkpoint of a run.
 * @throws CliError or CheckpointError (exit code 3) when it is missing or not the bytes that were written.
 */
export function readCheckpoint(run: string): Checkpoint {
  const folder = paths(run).checkpoint;
  settleFolder(folder);
  const file = join(folder, 'state.safetensors');
  if (!existsSync(file)) throw dataError(`${run} has no checkpoint to go on from; remove the folder and start again without --resume`);
  const bytes = readFileSync(file);
  const state = parseJson(join(folder, 'state.json')) as RunState & { format: string; sha256: string };
  if (state.format !== 'tract-checkpoint') throw dataError(`${folder}/state.json is not the state of a run`);
  if (createHash('sha256').update(bytes).digest('hex') !== state.sha256) {
    throw dataError(`${file} is damaged: its bytes are not those that were written; restore the file from a copy or start again`);
  }
  return { state, tensors: readSafetensors(bytes, { source: file }).tensors };
}

function parseJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw dataError(`cannot read ${path}: ${(error as Error).message}`, error);
  }
}

/**
 * Looks at --out before any work: a new run takes an absent or empty folder, --resume takes a run with the same settings. Writes nothing
 * but the lock of a run that is there.
 * @returns the checkpoint to go on from, if any.
 * @throws CliError (usage) otherwise, (failed) when another process works in the folder.
 */
export function openRun(run: string, resume: boolean, config: RunConfig): Checkpoint | undefined {
  if (!existsSync(paths(run).config)) {
    if (resume) throw usageError(`--resume: there is no run in ${run}; start one without --resume`);
    requireRoom(run);
    if (existsSync(run) && !isEmptyFolder(run)) throw usageError(`--out ${run} exists and is not an empty folder; choose another one`);
    return undefined;
  }
  const checkpoint = lastCheckpoint(run);
  if (checkpoint && checkpoint.state.step >= checkpoint.state.totalSteps) {
    throw usageError(`--out ${run} is a finished run of ${withCommas(checkpoint.state.images)} images; choose another folder`);
  }
  if (!resume) throw usageError(`--out ${run} is an unfinished run; add --resume to go on, or choose another folder`);
  requireSameSettings(run, readRunConfig(run), config);
  return checkpoint;
}

/** A run that was killed at its very start has left a lock and nothing else. */
const isEmptyFolder = (path: string): boolean => statSync(path).isDirectory() && readdirSync(path).every((name) => name === lockName);

/** The checkpoint of a run that is there, if it came to one before it was stopped. Locks the run: what another process writes is not to be touched. */
function lastCheckpoint(run: string): Checkpoint | undefined {
  lockRun(run);
  settleFolder(paths(run).checkpoint);
  return existsSync(join(paths(run).checkpoint, 'state.json')) ? readCheckpoint(run) : undefined;
}

/**
 * Whether there is a run in the folder, and whether it came to its end.
 * @throws CliError (usage) when it was started with other settings.
 */
export function findRun(run: string, config: RunConfig): 'none' | 'unfinished' | 'finished' {
  if (!existsSync(paths(run).config)) return 'none';
  requireSameSettings(run, readRunConfig(run), config);
  const state = lastCheckpoint(run)?.state;
  return state && state.step >= state.totalSteps ? 'finished' : 'unfinished';
}

function readRunConfig(run: string): RunConfig {
  const found = parseJson(paths(run).config) as RunConfig;
  if (found.format !== 'tract-run') throw dataError(`${paths(run).config} is not the configuration of a run; choose another folder`);
  return found;
}

function requireSameSettings(run: string, found: RunConfig, wanted: RunConfig): void {
  if (found.command !== wanted.command) throw usageError(`${run} was made by tract ${found.command}; choose another --out`);
  for (const name of new Set([...Object.keys(found.settings), ...Object.keys(wanted.settings)])) {
    const [before, now] = [JSON.stringify(found.settings[name]), JSON.stringify(wanted.settings[name])];
    if (before !== now)
      throw usageError(`${run} was started with ${name} ${before}, this command says ${now}; keep the settings or choose another --out`);
  }
}

/** Takes the folder: writes RUN/config.json, and brings the log back to where the checkpoint is. @throws CliError (failed) when another process holds it. */
export function beginRun(run: string, config: RunConfig, checkpoint: Checkpoint | undefined): void {
  makeFolder(run);
  lockRun(run);
  writeFileAtomically(paths(run).config, `${JSON.stringify(config, null, 2)}\n`);
  const { stats } = paths(run);
  if (!existsSync(stats)) return;
  const images = checkpoint?.state.images ?? 0;
  const lines = readFileSync(stats, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && isBefore(line, images));
  writeFileAtomically(stats, lines.map((line) => `${line}\n`).join(''));
}

/** A line that a crash cut short does not count. */
function isBefore(line: string, images: number): boolean {
  try {
    return (JSON.parse(line) as { images: number }).images <= images;
  } catch {
    return false;
  }
}

/** Adds one record to RUN/stats.jsonl. */
export const logStats = (run: string, record: Readonly<Record<string, unknown>>): void =>
  appendFileSync(paths(run).stats, `${JSON.stringify(record)}\n`);
