import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { settleFolder, sync, writeFileAtomically } from './atomic.js';
import {
  type Checkpoint,
  checkpointsPath,
  commitCheckpoint,
  committedSteps,
  isCheckpointOf,
  latestCheckpoint,
  readCheckpoint,
  removeCheckpointsAfter,
} from './checkpoints.js';
import { dataError, usageError } from './errors.js';
import { makeFolder, requireRoom } from './folders.js';
import { withCommas } from './quantity.js';
import { changedSettings, type RunConfig, updatesOf } from './run-config.js';
import { lockName, lockRun } from './run-lock.js';
import { upgradeRun } from './settings/older-settings.js';
import { tellSupervisor } from './supervise.js';

export type { Checkpoint, LogWindow, RunState } from './checkpoints.js';

const paths = (run: string) => ({
  config: join(run, 'config.json'),
  stats: join(run, 'stats.jsonl'),
  model: join(run, 'model'),
});

export const modelPath = (run: string): string => paths(run).model;
export const configPath = (run: string): string => paths(run).config;
export const statsPath = (run: string): string => paths(run).stats;

/** How a command takes a run that is there. */
export type ResumeOptions = {
  /**
   * true: the run's last checkpoint; `latest`: that, or a start where there is no run, and a finished run is left as it is, so that the
   * same command can be given again whatever became of it; else the path of a checkpoint.
   */
  readonly resume?: boolean | string;
  /** Whether settings may differ from those that the checkpoint was made with. */
  readonly override?: boolean;
};

type Warn = (sentence: string) => void;

/**
 * Looks at --out before any work: a new run takes an absent or empty folder, --resume a run with the same settings. Locks a run that is
 * there and clears what a crash has left of files in the making; writes nothing else.
 * @returns the checkpoint to go on from, if any.
 * @throws CliError (usage) otherwise, (bad data) when no checkpoint is whole, (failed) when another process works in the folder.
 */
export function openRun(
  run: string,
  config: RunConfig,
  { resume = false, override = false }: ResumeOptions,
  warn: Warn,
): Checkpoint | undefined {
  const found = openConfig(run);
  if (!found) requireNew(run, resume);
  const checkpoint =
    typeof resume === 'string' && resume !== 'latest' ? chosenCheckpoint(run, resume, found !== undefined) : latestCheckpoint(run, warn);
  if (found && checkpoint && isFinished(checkpoint) && resume !== 'latest' && !override)
    throw usageError(`--out ${run} is a finished run of ${withCommas(checkpoint.state.images)} images; choose another folder`);
  if (found && !resume) throw usageError(`--out ${run} is an unfinished run; add --resume to go on, or choose another folder`);
  const before = checkpoint?.config ?? found;
  const changes = before ? changedSettings(checkpoint?.path ?? run, before, config, override) : [];
  const updates = updatesOf(config.settings);
  if (checkpoint && (resume === 'latest' ? checkpoint.state.step > updates : checkpoint.state.step >= updates)) {
    throw usageError(
      `${checkpoint.path} has done ${withCommas(checkpoint.state.step)} updates, this command asks for ${withCommas(updates)}; give more --images`,
    );
  }
  if (changes.length > 0) warn(`going on with other settings: ${changes.join(', ')}`);
  return checkpoint;
}

const isFinished = ({ state }: Checkpoint): boolean => state.step >= state.totalSteps;

/** The configuration of the run in a folder, which is locked and cleared for us. */
function openConfig(run: string): RunConfig | undefined {
  const { config, model } = paths(run);
  if (!existsSync(config)) return undefined;
  lockRun(run);
  for (const folder of [run, checkpointsPath(run)].filter(existsSync)) {
    for (const name of readdirSync(folder).filter(isUnfinished)) rmSync(join(folder, name), { recursive: true, force: true });
  }
  settleFolder(model);
  return readRunConfig(config);
}

const isUnfinished = (name: string): boolean => name.endsWith('.tmp');

function requireNew(run: string, resume: boolean | string): void {
  if (resume === true) throw usageError(`--resume: there is no run in ${run}; start one without it, or with --resume latest`);
  requireRoom(run);
  if (existsSync(run) && !isEmptyFolder(run)) throw usageError(`--out ${run} exists and is not an empty folder; choose another one`);
}

/** A run that was killed at its very start has left a lock, a file in the making or no checkpoints yet, and nothing else. */
const isEmptyFolder = (path: string): boolean =>
  statSync(path).isDirectory() &&
  readdirSync(path).every((name) => name === lockName || isUnfinished(name) || join(path, name) === checkpointsPath(path)) &&
  committedSteps(path).length === 0;

function chosenCheckpoint(run: string, path: string, isThere: boolean): Checkpoint {
  if (!existsSync(path))
    throw usageError(`--resume ${path}: there is no such checkpoint; expected latest, or a folder RUN/checkpoints/step-N`);
  const checkpoint = readCheckpoint(path);
  if (isThere && !isCheckpointOf(run, checkpoint))
    throw usageError(`--resume ${path} is not a checkpoint of ${run}, which is a run of its own; choose a new folder for --out`);
  return checkpoint;
}

/**
 * Whether there is a run in the folder, and whether it came to its end.
 * @throws CliError (usage) when it was started with other settings.
 */
export function findRun(run: string, config: RunConfig, warn: Warn): 'none' | 'unfinished' | 'finished' {
  const found = openConfig(run);
  if (!found) return 'none';
  changedSettings(run, found, config, false);
  const checkpoint = latestCheckpoint(run, warn);
  return checkpoint && isFinished(checkpoint) ? 'finished' : 'unfinished';
}

function readRunConfig(path: string): RunConfig {
  const found = parseJson(path) as RunConfig;
  if (found.format !== 'tract-run') throw dataError(`${path} is not the configuration of a run; choose another folder`);
  if (found.version !== 2)
    throw dataError(
      `${path} is of a run of version ${found.version}, this tract reads 2; go on with the tract that began it, or choose another folder`,
    );
  return upgradeRun(found);
}

function parseJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw dataError(`cannot read ${path}: ${(error as Error).message}`, error);
  }
}

/**
 * Takes the folder: brings checkpoints and log back to where this run goes on from, and writes RUN/config.json.
 * @throws CliError (failed) when another process holds it.
 */
export function beginRun(run: string, config: RunConfig, checkpoint: Checkpoint | undefined): void {
  makeFolder(run);
  lockRun(run);
  makeFolder(checkpointsPath(run));
  if (checkpoint) {
    // A start from another run's checkpoint has it as its own, so that a restart finds it.
    if (!isCheckpointOf(run, checkpoint)) commitCheckpoint(run, checkpoint, 1);
    removeCheckpointsAfter(run, checkpoint.state.step);
  }
  writeFileAtomically(paths(run).config, `${JSON.stringify(config, null, 2)}\n`);
  cutLog(run, checkpoint?.state.images ?? 0);
  tellSupervisor();
}

function cutLog(run: string, images: number): void {
  const { stats } = paths(run);
  if (!existsSync(stats)) return;
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

/** Commits a checkpoint of a run; the log up to here comes to the disk before it. @throws WriteError */
export function commitRun(run: string, checkpoint: Omit<Checkpoint, 'path'>, keep: number): void {
  const { stats } = paths(run);
  if (existsSync(stats)) sync(stats);
  commitCheckpoint(run, checkpoint, keep);
}
