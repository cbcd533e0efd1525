import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { RunRecord } from '@tract/report';
import { RunDamaged, RunError } from '../run-error.js';
import { runNames } from '../run-store.js';
import { readRunLog } from './run-log.js';
import { listGrids, readGrid } from './sample-grids.js';

/**
 * Read everything that a run folder tells of a run, finished or not.
 * @throws RunError (absent) where there is no run; RunDamaged for a file that is not what it should be.
 */
export function readRun(run: string): RunRecord {
  const path = join(run, runNames.config);
  if (!existsSync(path)) throw new RunError('absent', `there is no run in ${run}`, 'expected the folder of a run');
  const { format, command, settings } = readRecord(path);
  if (format !== 'tract-run' || (command !== 'train' && command !== 'distill') || !isSettings(settings))
    throw new RunDamaged(`${path} is not the configuration of a training`, 'choose the folder of a run');
  const environment = join(run, 'environment.json');
  return {
    name: basename(resolve(run)),
    command,
    settings,
    lines: readRunLog(run),
    grids: listGrids(run).map((grid) => ({ step: grid.step, png: () => readGrid(grid).picture.png })),
    environment: existsSync(environment) ? readRecord(environment) : {},
  };
}

function readRecord(path: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isRecord(value) ? value : {};
  } catch (error) {
    throw new RunDamaged(`cannot read ${path}: ${(error as Error).message}`, 'restore the file from a copy', error);
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSettings = (value: unknown): value is RunRecord['settings'] =>
  isRecord(value) && Number.isFinite(value.images) && Number.isFinite(value.batch);
