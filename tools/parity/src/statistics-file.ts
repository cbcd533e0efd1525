import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readNpz } from '@tract/checkpoint';
import { type Finding, relativeError } from './compare.js';
import { BrokenFile, GoldenFile } from './golden-file.js';
import { metrics, statisticsOf } from './metrics.js';

export const statisticsKind = 'statistics';

/** Return the path of the features whose statistics an npz file beside them holds, if it is there. */
export function featuresOf(path: string): string | undefined {
  const beside = join(dirname(path), 'metrics.safetensors');
  return path.endsWith('.npz') && existsSync(beside) ? beside : undefined;
}

/** `mu` and `sigma`, as Python tools write them, against our mean and covariance of the features `a` beside them. */
export async function checkStatistics(path: string, featuresPath: string): Promise<Finding[]> {
  const arrays = await readNpz(new Uint8Array(readFileSync(path)), { source: 'file' });
  const file = new GoldenFile(featuresPath);
  if (!metrics.recognises(file)) throw new BrokenFile('metrics.safetensors beside it holds no features');
  const { mean, covariance } = statisticsOf(file, 'a');
  return Object.entries({ mu: mean, sigma: covariance }).map(([name, ours]) => {
    const array = arrays.get(name);
    if (array?.dtype !== 'F64') throw new BrokenFile(`array '${name}' must be F64, got ${array?.dtype ?? 'nothing'}`);
    return { what: name, error: relativeError(ours, array.data), tolerance: 1e-6 };
  });
}
