import { appendFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../atomic.js';
import { makeFolder } from '../folders.js';
import { type Grid, readGrid } from './sample-grids.js';
import { measures, type StatsLine } from './stats-line.js';
import { fileStart, imageEvent, scalarEvent, sessionStart, textEvent } from './tensorboard-events.js';

export type TensorBoardLog = {
  readonly line: (line: StatsLine) => void;
  readonly grid: (grid: Grid) => void;
};

/** What a run has seen before this session. */
export type Seen = { readonly config: unknown; readonly lines: readonly StatsLine[]; readonly grids: readonly Grid[] };

/**
 * Writes RUN/tensorboard anew, as one event file with all that the run has seen, and adds to it from then on. So a run that was stopped, or
 * whose file was cut short by a crash, shows every update once.
 */
export function openTensorBoardLog(run: string, { config, lines, grids }: Seen): TensorBoardLog {
  const folder = join(run, 'tensorboard');
  makeFolder(folder);
  for (const name of readdirSync(folder).filter(isEventFile)) rmSync(join(folder, name));
  const now = Date.now();
  const path = join(folder, `events.out.tfevents.${Math.floor(now / 1000)}.tract`);
  const start = { time: lines.length > 0 ? timeOf(lines[0]) : now, step: 0 };
  writeFileAtomically(
    path,
    Buffer.concat([
      fileStart(start.time),
      sessionStart(start),
      textEvent(start, 'config', asCode(config)),
      ...lines.map(scalarsOf),
      ...grids.map(pictureOf),
    ]),
  );
  return {
    line: (line) => appendFileSync(path, scalarsOf(line)),
    grid: (grid) => appendFileSync(path, pictureOf(grid)),
  };
}

const isEventFile = (name: string): boolean => name.startsWith('events.out.tfevents.');

const timeOf = ({ time }: StatsLine): number => Date.parse(time);

function scalarsOf(line: StatsLine): Buffer {
  const names = Object.keys(measures) as (keyof typeof measures)[];
  const scalars = Object.fromEntries(names.flatMap((name) => (line[name] === undefined ? [] : [[name, line[name]]])));
  return scalarEvent({ time: timeOf(line), step: line.step }, scalars);
}

function pictureOf(grid: Grid): Buffer {
  const { picture, time } = readGrid(grid);
  return imageEvent({ time, step: grid.step }, 'samples', picture);
}

/** A block of code in Markdown. */
const asCode = (value: unknown): string => JSON.stringify(value, null, 2).replace(/^/gm, '    ');
