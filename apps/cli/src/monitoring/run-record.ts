import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { RunRecord } from '@tract/report';
import { dataError, usageError } from '../errors.js';
import { configPath } from '../training/run-folder.js';
import { listGrids, readGrid } from './sample-grids.js';
import { readStats } from './stats-line.js';

/** Read everything that a run folder tells of a run, finished or not. @throws CliError (usage) where there is no run, (bad data) for a file that is not what it should be. */
export function readRun(run: string): RunRecord {
  const path = configPath(run);
  if (!existsSync(path)) throw usageError(`there is no run in ${run}; expected the --out of tract train or distill`);
  const { format, command, settings } = readRecord(path);
  if (format !== 'tract-run' || (command !== 'train' && command !== 'distill') || !isSettings(settings))
    throw dataError(`${path} is not the configuration of a run; choose the --out of tract train or distill`);
  const environment = join(run, 'environment.json');
  return {
    name: basename(resolve(run)),
    command,
    settings,
    lines: readStats(run),
    grids: listGrids(run).map((grid) => ({ step: grid.step, png: () => readGrid(grid).picture.png })),
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

const isSettings = (value: unknown): value is RunRecord['settings'] =>
  isRecord(value) && Number.isFinite(value.images) && Number.isFinite(value.batch);
