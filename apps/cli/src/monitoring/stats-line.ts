import { existsSync, readFileSync } from 'node:fs';
import { type LogLine, measures } from '@tract/report';
import { dataError } from '../errors.js';
import { statsPath } from '../training/run-folder.js';

const { dataWait: _, ...always } = measures;
const numbers = ['step', 'images', 'seconds', ...Object.keys(always)] as const;

/**
 * Read RUN/stats.jsonl, one line for every 20 updates and for the last. A last line that is not yet written whole is left out.
 * @throws CliError (bad data) that names the line.
 */
export function readStats(run: string): LogLine[] {
  const path = statsPath(run);
  if (!existsSync(path)) return [];
  const whole = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return whole.map((text, i) => parseLine(text, `${path}, line ${i + 1}`));
}

function parseLine(text: string, place: string): LogLine {
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
  return line as LogLine;
}
