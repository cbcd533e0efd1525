import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type LogLine, runCurve } from '@tract/report';
import { backendName } from '@tract/tensor';
import type { RunState } from '../checkpoint.js';
import { runNames } from '../run-store.js';
import { writeFileAtomically } from './atomic.js';
import { drawnLines } from './drawn-lines.js';
import { machine } from './machine.js';
import { readRunLog } from './run-log.js';
import { drawGrid, listGrids, removeGridsAfter } from './sample-grids.js';
import { openTensorBoardLog } from './tensorboard-log.js';

/** Files in a run folder by which a training can be followed: TensorBoard's events, loss.svg, environment.json and samples/. */
export type RunView = {
  /** Show a line that has been logged. */
  readonly line: (line: LogLine) => void;
  /** Draw samples of a checkpoint whose model is on the disk; drawing ends early, without a picture, once `isStopping` returns true. */
  readonly committed: (state: RunState, isStopping: () => boolean) => Promise<void>;
};

export type ViewOptions = {
  readonly run: string;
  /** Training images between two checkpoints. */
  readonly imagesBetween: number;
  /** State that the run resumes from. */
  readonly from?: RunState;
  /** Images of a sample grid; 0 for none. Default: by cost. */
  readonly samples?: number;
  /** What environment.json says of what computes, beside the backend's name: instruction set, threads, compiler. Default: nothing. */
  readonly computing?: Readonly<Record<string, unknown>>;
};

const redrawEveryMs = 10_000;

/** Open the view of a run folder whose configuration is written and whose log ends where the run resumes. */
export function openRunView({ run, imagesBetween, from, samples, computing }: ViewOptions): RunView {
  const config = JSON.parse(readFileSync(join(run, runNames.config), 'utf8'));
  const environment = { ...machine(), backend: backendName(), ...computing };
  writeFileAtomically(join(run, 'environment.json'), `${JSON.stringify(environment, null, 2)}\n`);
  removeGridsAfter(run, from?.step ?? 0);
  const before = readRunLog(run);
  const board = openTensorBoardLog(run, { config, lines: before, grids: listGrids(run) });
  const drawn = drawnLines();
  before.forEach(drawn.add);
  let drawnAt = Number.NEGATIVE_INFINITY;

  const redraw = (): void => {
    const svg = runCurve(drawn.lines(), 'loss');
    if (svg !== undefined) writeFileAtomically(join(run, 'loss.svg'), svg);
    drawnAt = performance.now();
  };
  return {
    line: (line) => {
      drawn.add(line);
      board.line(line);
      if (performance.now() - drawnAt >= redrawEveryMs) redraw();
    },
    committed: async ({ step, images }, isStopping) => {
      redraw();
      const pause = async (): Promise<void> => {
        await nextTurn();
        if (isStopping()) throw new Stopped();
      };
      try {
        await pause();
        const grid = await drawGrid(run, { step, images, imagesBetween, count: samples, config }, pause);
        if (grid) board.grid(grid);
      } catch (error) {
        if (!(error instanceof Stopped)) throw error;
      }
    },
  };
}

class Stopped extends Error {}
