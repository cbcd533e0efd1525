import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect } from 'vitest';

const clock = /"(seconds|imagesPerSecond|dataWait|rssBytes)": ?[\d.]+|"time":"[^"]+"|[\d,]+ seconds of wall clock/g;

/** SHA-256 of everything that a run has left; the clock and memory of its log and state apart, and TensorBoard's copy of that log. */
export function runDigests(run: string): Record<string, string> {
  const files = readdirSync(run, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files
    .map(({ parentPath, name }) => relative(run, join(parentPath, name)))
    .filter((path) => !path.endsWith('manifest.json') && !path.startsWith('tensorboard'));
  const withoutClock = (path: string) => readFileSync(join(run, path), 'latin1').replace(clock, '');
  return Object.fromEntries(paths.sort().map((path) => [path, createHash('sha256').update(withoutClock(path), 'latin1').digest('hex')]));
}

/** A run ended in the bytes of the whole one; of the grids of samples, which no run waits for to stop, some may be missing. */
export function expectSameRun(run: string, whole: string): void {
  const isGrid = ([path]: readonly [string, string]) => path.startsWith('samples');
  const [expected, found] = [whole, run].map((path) => Object.entries(runDigests(path)));
  expect(found.filter((file) => !isGrid(file))).toEqual(expected.filter((file) => !isGrid(file)));
  expect(expected.filter(isGrid)).toEqual(expect.arrayContaining(found.filter(isGrid)));
}
