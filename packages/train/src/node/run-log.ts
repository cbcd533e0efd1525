import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LogLine } from '@tract/report';
import { RunDamaged } from '../run-error.js';
import { runNames } from '../run-store.js';

const numbers = ['step', 'images', 'seconds', 'loss', 'gradNorm', 'imagesPerSecond'] as const;

/** Return the path of a run's log. */
export const runLogPath = (run: string): string => join(run, runNames.log);

/** Read the log of a run folder, without a last line that is not yet written whole. @throws RunDamaged that names the line. */
export function readRunLog(run: string): LogLine[] {
  const path = runLogPath(run);
  if (!existsSync(path)) return [];
  const whole = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return whole.map((text, i) => parseLine(text, `${path}, line ${i + 1}`));
}

function parseLine(text: string, place: string): LogLine {
  let line: Readonly<Record<string, unknown>> | null;
  try {
    line = JSON.parse(text);
  } catch (error) {
    throw new RunDamaged(`${place}: ${(error as Error).message}`, 'remove the line', error);
  }
  const wrong = numbers.find((name) => !Number.isFinite(line?.[name]));
  if (wrong !== undefined)
    throw new RunDamaged(
      `${place}: expected the number '${wrong}', got ${JSON.stringify(line?.[wrong])}`,
      'was it written by another version?',
    );
  if (Number.isNaN(Date.parse(String(line?.time))))
    throw new RunDamaged(`${place}: expected 'time', an ISO date, got ${JSON.stringify(line?.time)}`, 'remove the line');
  return line as LogLine;
}
