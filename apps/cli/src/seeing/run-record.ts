import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataError, usageError } from '../errors.js';
import type { RunConfig } from '../run-config.js';
import { configPath } from '../run-folder.js';
import { type Grid, listGrids } from './sample-grids.js';
import { readStats, type StatsLine } from './stats-line.js';

/** All that a run folder tells of a run, finished or not. */
export type RunRecord = {
  readonly run: string;
  readonly command: RunConfig['command'];
  readonly settings: RunConfig['settings'];
  readonly lines: readonly StatsLine[];
  readonly grids: readonly Grid[];
  /** Where its last session computed, by name. */
  readonly environment: Readonly<Record<string, unknown>>;
};

/** @throws CliError (usage) where there is no run, (bad data) for a file that is not what it should be. */
export function readRun(run: string): RunRecord {
  const path = configPath(run);
  if (!existsSync(path)) throw usageError(`there is no run in ${run}; expected the --out of tract train or distill`);
  const { format, command, settings } = readRecord(path);
  if (format !== 'tract-run' || (command !== 'train' && command !== 'distill') || !isSettings(settings))
    throw dataError(`${path} is not the configuration of a run; choose the --out of tract train or distill`);
  const environment = join(run, 'environment.json');
  return {
    run,
    command,
    settings,
    lines: readStats(run),
    grids: listGrids(run),
    environment: existsSync(environment) ? readRecord(environment) : {},
  };
}

function readRecord(path: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isRecord(value) ? value : {};
  } catch (error) {
    throw dataError(`cannot read ${path}: ${(error as Error).message}`, error);
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSettings = (value: unknown): value is RunConfig['settings'] =>
  isRecord(value) && Number.isFinite(value.images) && Number.isFinite(value.batch);
