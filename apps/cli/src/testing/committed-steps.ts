import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Updates after which a run has a checkpoint, the last one first. */
export function committedSteps(run: string): number[] {
  const folder = join(run, 'checkpoints');
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names
    .flatMap((name) => /^step-(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => b - a);
}
