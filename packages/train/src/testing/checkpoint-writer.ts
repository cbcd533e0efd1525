import { folderStore } from '../node/folder-files.js';
import { runConfig } from '../run-config.js';
import { faultyDisk } from './faulty-disk.js';

/** Go on with a run by one update, all of whose work is its checkpoint; be killed at call number `at` of the disk, unless there are fewer. */
async function main(run: string, at: number, part: number): Promise<void> {
  const config = runConfig('train', { images: 1e9, batch: 1 });
  const store = folderStore(run);
  const from = await store.open(config, { totalSteps: 1e9, onWarning: console.error });
  await store.begin(config, from);
  const step = (from?.state.step ?? 0) + 1;
  const state = { step, totalSteps: 1e9, images: step, seconds: 0, counters: {}, window: { loss: 0, gradNorm: 0, count: 0 } };
  const weights = { dtype: 'F32' as const, shape: [1000], data: new Float32Array(1000).fill(step) };
  const { disk } = faultyDisk(at, 'kill', part);
  await folderStore(run, { disk }).commit({ config, state, tensors: new Map([['weights', weights]]) }, 2);
}

void main(process.argv[2], Number(process.argv[3]), Number(process.argv[4]));
