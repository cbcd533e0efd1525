import { appendFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { protobuf } from '@tract/checkpoint';
import {
  eventFileName,
  fileStart,
  type HParams,
  hparamsEvents,
  imageEvent,
  isEventFileName,
  type LogLine,
  measures,
  scalarEvent,
  sessionStart,
  textEvent,
} from '@tract/report';
import { writeFileAtomically } from './atomic.js';
import { makeFolder } from './make-folder.js';
import { type Grid, readGrid } from './sample-grids.js';

export type TensorBoardLog = {
  readonly line: (line: LogLine) => void;
  readonly grid: (grid: Grid) => void;
};

/** History of the run before this session. */
export type Seen = { readonly config: unknown; readonly lines: readonly LogLine[]; readonly grids: readonly Grid[] };

/**
 * Rewrite RUN/tensorboard as one event file with the run's whole history, to which later events are appended. So a run that was stopped, or
 * whose file was cut short by a crash, shows every update once.
 */
export function openTensorBoardLog(run: string, { config, lines, grids }: Seen): TensorBoardLog {
  const folder = join(run, 'tensorboard');
  makeFolder(folder);
  for (const name of readdirSync(folder).filter(isEventFileName)) rmSync(join(folder, name));
  const now = Date.now();
  const path = join(folder, eventFileName(now));
  const start = { time: lines.length > 0 ? timeOf(lines[0]) : now, step: 0 };
  writeFileAtomically(
    path,
    protobuf.join([
      fileStart(start.time),
      sessionStart(start),
      textEvent(start, 'config', asCode(config)),
      hparamsEvents(start, hparamsOf(config), Object.keys(measures)),
      ...lines.map(scalarsOf),
      ...grids.map(pictureOf),
    ]),
  );
  return {
    line: (line) => appendFileSync(path, scalarsOf(line)),
    grid: (grid) => appendFileSync(path, pictureOf(grid)),
  };
}

/** List the settings of a run by their paths: numbers, texts and flags; lists as texts. */
function hparamsOf(config: unknown): HParams {
  const entries: [string, number | string | boolean][] = [];
  const visit = (value: unknown, path: string): void => {
    if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') entries.push([path, value]);
    else if (Array.isArray(value)) entries.push([path, value.join(', ')]);
    else if (typeof value === 'object' && value !== null)
      for (const [name, inner] of Object.entries(value)) visit(inner, path === '' ? name : `${path}.${name}`);
  };
  visit((config as { readonly settings?: unknown } | null)?.settings, '');
  return Object.fromEntries(entries);
}

const timeOf = ({ time }: LogLine): number => Date.parse(time);

function scalarsOf(line: LogLine): Uint8Array {
  const names = Object.keys(measures) as (keyof typeof measures)[];
  const scalars = Object.fromEntries(names.flatMap((name) => (line[name] === undefined ? [] : [[name, line[name]]])));
  return scalarEvent({ time: timeOf(line), step: line.step }, scalars);
}

function pictureOf(grid: Grid): Uint8Array {
  const { picture, time } = readGrid(grid);
  return imageEvent({ time, step: grid.step }, 'samples', picture);
}

/** Write a value as a code block of Markdown. */
const asCode = (value: unknown): string => JSON.stringify(value, null, 2).replace(/^/gm, '    ');
