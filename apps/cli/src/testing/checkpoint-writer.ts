import { commitCheckpoint } from '../checkpoints.js';
import { runConfig } from '../run-config.js';
import { beginRun, openRun } from '../run-folder.js';
import { faultyDisk } from './faulty-disk.js';

/** Goes on with a run by one update, all of whose work is its checkpoint, and is killed at call number `at` of the disk unless it has fewer. */
function main(run: string, at: number, part: number): void {
  const config = runConfig('train', { images: 1e9, batch: 1 });
  const warn = (sentence: string): void => console.error(sentence);
  const from = openRun(run, config, { resume: 'latest' }, warn);
  beginRun(run, config, from);
  const step = (from?.state.step ?? 0) + 1;
  const state = { step, totalSteps: 1e9, images: step, seconds: 0, counters: {}, window: { loss: 0, gradNorm: 0, count: 0 } };
  const weights = { dtype: 'F32' as const, shape: [1000], data: new Float32Array(1000).fill(step) };
  const { disk } = faultyDisk(at, 'kill', part);
  commitCheckpoint(run, { config, state, tensors: new Map([['weights', weights]]) }, 2, disk);
}

main(process.argv[2], Number(process.argv[3]), Number(process.argv[4]));
