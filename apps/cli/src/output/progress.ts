import { clock, significant, withCommas } from '@tract/report';
import type { Io } from '../io.js';

/** State of the work at one moment. */
type Tick = {
  /** Units done and in all, counted from the start of the whole work, earlier sessions included. */
  readonly done: number;
  readonly total: number;
  readonly loss?: number;
  readonly gradNorm?: number;
  readonly phase?: string;
  /** Memory of the process. */
  readonly rssBytes?: number;
  /** Share of the time that is spent waiting for data; shown where it matters. */
  readonly dataWait?: number;
};

export type Progress = {
  readonly tick: (tick: Tick) => void;
  /** End the live line; `word` stays as the last one. */
  readonly end: (word?: string) => void;
};

export type ProgressOptions = {
  /** Name of the things that are counted, such as `images`. */
  readonly unit: string;
  readonly silent?: boolean;
  /** Milliseconds; for tests. */
  readonly now?: () => number;
};

const liveEveryMs = 200;
const lineEveryMs = 10_000;
/** The rate is that of the last half minute, so that time left follows a machine whose load changes. */
const windowMs = 30_000;

const noteworthyWait = 0.02;

/** One line that says where the work stands. `rate` in units a second. */
function describe(tick: Tick, unit: string, rate: number): string {
  const left = rate > 0 ? `${clock((1000 * (tick.total - tick.done)) / rate)} left` : undefined;
  const parts = [
    tick.phase,
    `${withCommas(tick.done)}/${withCommas(tick.total)} ${unit} (${Math.floor((100 * tick.done) / tick.total)}%)`,
    rate > 0 ? `${rate >= 100 ? Math.round(rate) : rate.toFixed(1)} ${unit}/s` : undefined,
    tick.loss === undefined ? undefined : `loss ${significant(tick.loss)}`,
    tick.gradNorm === undefined ? undefined : `gradient ${significant(tick.gradNorm)}`,
    left,
    tick.dataWait !== undefined && tick.dataWait >= noteworthyWait ? `waiting for data ${Math.round(100 * tick.dataWait)}%` : undefined,
    tick.rssBytes === undefined ? undefined : `${Math.round(tick.rssBytes / 2 ** 20)} MB`,
  ];
  return parts.filter((part) => part !== undefined).join('  ');
}

/** A live line on a terminal, one line every ten seconds elsewhere, on stderr. */
export function startProgress(io: Io, { unit, silent = false, now = () => performance.now() }: ProgressOptions): Progress {
  if (silent) return { tick: () => {}, end: () => {} };
  let marks: { time: number; done: number }[] = [];
  let shownAt = Number.NEGATIVE_INFINITY;
  let drawn = false;
  return {
    tick: (tick) => {
      const time = now();
      marks = [...marks.filter((mark) => time - mark.time <= windowMs), { time, done: tick.done }];
      if (marks.length === 1 || time - shownAt < (io.live ? liveEveryMs : lineEveryMs)) return;
      shownAt = time;
      const first = marks[0];
      const rate = time > first.time ? (1000 * (tick.done - first.done)) / (time - first.time) : 0;
      const line = describe(tick, unit, rate);
      io.err(io.live ? `\r\x1b[2K${line.slice(0, io.columns() - 1)}` : `${line}\n`);
      drawn = io.live;
    },
    end: (word) => {
      if (drawn) io.err('\r\x1b[2K');
      drawn = false;
      if (word !== undefined) io.err(`${word}\n`);
    },
  };
}
