import { existsSync, readFileSync } from 'node:fs';
import { dataError } from '../errors.js';
import { statsPath } from '../run-folder.js';

/** A line of RUN/stats.jsonl: where a run stood after update `step`. One for every 20 updates and for the last. */
export type StatsLine = {
  /** Updates done, from 1; each line is later than the one before. */
  readonly step: number;
  /** Training images seen, counted with repetition. */
  readonly images: number;
  /** Of a distillation: sampling steps of its teacher and student, such as `1024->32`. */
  readonly phase?: string;
  /** Mean over the updates since the line before. */
  readonly loss: number;
  /** The same of the gradient's norm before clipping. */
  readonly gradNorm: number;
  /** Of update `step`. */
  readonly learningRate: number;
  /** Share of itself that the sampled average kept in update `step`, in [0, 1); lower at the start, where bias is corrected. */
  readonly emaMomentum: number;
  /** Since the line before, or since the command began; checkpoints and samples take their time from it. */
  readonly imagesPerSecond: number;
  /** Share of the time of these updates in which they waited for their images, in [0, 1]; older runs lack it. */
  readonly dataWait?: number;
  /** Images passed over so far because they cannot be read, where there are any. */
  readonly badSamples?: number;
  /** Resident memory of the process. */
  readonly rssBytes: number;
  /** Seconds of work, all sessions together. */
  readonly seconds: number;
  /** When the line was written: ISO 8601, UTC. */
  readonly time: string;
};

/** The numbers of a line that are drawn over the updates, and what they are called in words. */
export const measures = {
  loss: 'loss',
  gradNorm: 'gradient norm',
  learningRate: 'learning rate',
  emaMomentum: 'EMA momentum',
  imagesPerSecond: 'images a second',
  dataWait: 'waiting for data',
  rssBytes: 'memory',
} as const satisfies Partial<Record<keyof StatsLine, string>>;

const { dataWait: _, ...always } = measures;
const numbers = ['step', 'images', 'seconds', ...Object.keys(always)] as const;

/**
 * The log of a run as far as it is written: of a run that goes on the last line may be there in part, and is then left out.
 * @throws CliError (bad data) that names the line.
 */
export function readStats(run: string): StatsLine[] {
  const path = statsPath(run);
  if (!existsSync(path)) return [];
  const whole = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return whole.map((text, i) => parseLine(text, `${path}, line ${i + 1}`));
}

function parseLine(text: string, place: string): StatsLine {
  let line: Readonly<Record<string, unknown>> | null;
  try {
    line = JSON.parse(text);
  } catch (error) {
    throw dataError(`${place}: ${(error as Error).message}; remove the line`, error);
  }
  const wrong = numbers.find((name) => !Number.isFinite(line?.[name]));
  if (wrong !== undefined)
    throw dataError(`${place}: expected the number '${wrong}', got ${JSON.stringify(line?.[wrong])}; was it written by another version?`);
  if (Number.isNaN(Date.parse(String(line?.time))))
    throw dataError(`${place}: expected 'time', an ISO date, got ${JSON.stringify(line?.time)}`);
  return line as StatsLine;
}
