import { createHash } from 'node:crypto';
import fs, { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type NamedArray, readSafetensors, writeSafetensors } from '@tract/checkpoint';
import type { BadSample } from '@tract/data';
import { removeFolder, writeFolderAtomically } from './atomic.js';
import type { Disk } from './disk.js';
import { dataError, exitCodeOf, exitCodes } from './errors.js';
import type { RunConfig } from './run-config.js';
import { upgradeRun } from './settings/older-settings.js';

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
  /** Images that have been passed over because they cannot be read, where there are any. */
  readonly badSamples?: readonly BadSample[];
};

/** Sums over the updates since the last line of the log. */
export type LogWindow = { readonly loss: number; readonly gradNorm: number; readonly count: number };

/** Everything that a run needs to go on. */
export type Checkpoint = {
  /** Its folder, RUN/checkpoints/step-N. */
  readonly path: string;
  /** The settings that brought it about. */
  readonly config: RunConfig;
  readonly state: RunState;
  readonly tensors: ReadonlyMap<string, NamedArray>;
};

/** state.json. */
type StoredState = RunState & { readonly format: string; readonly version: number; readonly run: RunConfig };

const names = { tensors: 'state.safetensors', state: 'state.json', manifest: 'manifest.json' } as const;

/** The place of a run's checkpoints. */
export const checkpointsPath = (run: string): string => join(run, 'checkpoints');

export const checkpointPath = (run: string, step: number): string => join(checkpointsPath(run), `step-${step}`);

export const isCheckpointOf = (run: string, { path, state }: Checkpoint): boolean =>
  resolve(path) === resolve(checkpointPath(run, state.step));

/** Updates after which a run has a checkpoint, the latest first. Whether one is whole shows when it is read. */
export function committedSteps(run: string): number[] {
  const folder = checkpointsPath(run);
  if (!existsSync(folder)) return [];
  const found = readdirSync(folder).map((name) => /^step-(\d+)$/.exec(name)?.[1]);
  return found
    .filter((step) => step !== undefined)
    .map(Number)
    .sort((a, b) => b - a);
}

/**
 * Commits a checkpoint of a run, whole or not at all, and then removes all but the last `keep`. While it is written the one before it is
 * not touched; a crash leaves step-N.tmp, which `openRun` removes.
 * @throws WriteError
 */
export function commitCheckpoint(run: string, { config, state, tensors }: Omit<Checkpoint, 'path'>, keep: number, disk: Disk = fs): void {
  const text = `${JSON.stringify({ format: 'tract-checkpoint', version: 2, ...state, run: config }, null, 2)}\n`;
  const contents = new Map<string, Uint8Array>([
    [names.tensors, writeSafetensors(tensors)],
    [names.state, Buffer.from(text)],
  ]);
  const manifest = Buffer.from(manifestOf(contents));
  writeFolderAtomically(checkpointPath(run, state.step), new Map([...contents, [names.manifest, manifest]]), disk);
  for (const step of committedSteps(run).slice(keep)) removeFolder(checkpointPath(run, step), disk);
}

/** Removes the checkpoints of a run after an update: damaged ones, or those of a course that is not followed any longer. @throws WriteError */
export function removeCheckpointsAfter(run: string, step: number): void {
  for (const later of committedSteps(run).filter((other) => other > step)) removeFolder(checkpointPath(run, later));
}

/**
 * The last checkpoint of a run that is whole; `warn` is told of each damaged one that is passed over.
 * @returns undefined for a run that has none yet.
 * @throws CliError (bad data) when all are damaged.
 */
export function latestCheckpoint(run: string, warn: (sentence: string) => void): Checkpoint | undefined {
  const steps = committedSteps(run);
  for (const step of steps) {
    try {
      return readCheckpoint(checkpointPath(run, step));
    } catch (error) {
      if (exitCodeOf(error) !== exitCodes.data) throw error;
      warn(`${(error as Error).message}; it is passed over`);
    }
  }
  if (steps.length === 0) return undefined;
  throw dataError(`${checkpointsPath(run)} holds no checkpoint that is whole; restore one from a copy, or start again in another folder`);
}

/**
 * Reads a checkpoint after it has been compared with its manifest.
 * @throws CliError (bad data) when a file is missing, or not the bytes that were written.
 */
export function readCheckpoint(path: string): Checkpoint {
  const files = readWhole(path);
  const { format, version, run: config, ...state } = JSON.parse(files.get(names.state)!.toString()) as StoredState;
  if (format !== 'tract-checkpoint' || version !== 2)
    throw dataError(`${path} is not a checkpoint of this version of tract; go on with the version that wrote it`);
  return {
    path,
    config: upgradeRun(config),
    state,
    tensors: readSafetensors(files.get(names.tensors)!, { source: join(path, names.tensors) }).tensors,
  };
}

function readWhole(path: string): ReadonlyMap<string, Buffer> {
  const manifest = readPart(path, names.manifest).toString();
  const files = new Map([names.tensors, names.state].map((name) => [name, readPart(path, name)]));
  if (manifest === manifestOf(files)) return files;
  const damaged = [...files].find(([name, bytes]) => !manifest.includes(entryOf(name, bytes)))?.[0] ?? names.manifest;
  throw dataError(`${path} is damaged: ${damaged} is not what was written`);
}

function readPart(path: string, name: string): Buffer {
  try {
    return readFileSync(join(path, name));
  } catch (error) {
    throw dataError(`${path} is not a whole checkpoint: ${(error as Error).message}`, error);
  }
}

/** Size and SHA-256 of every file as text that is compared, never parsed: a byte that differs anywhere, here too, is damage. */
const manifestOf = (files: ReadonlyMap<string, Uint8Array>): string =>
  `{\n${Array.from(files, ([name, bytes]) => `  ${entryOf(name, bytes)}`).join(',\n')}\n}\n`;

const entryOf = (name: string, bytes: Uint8Array): string =>
  `"${name}": { "bytes": ${bytes.length}, "sha256": "${createHash('sha256').update(bytes).digest('hex')}" }`;
