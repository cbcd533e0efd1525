import { sweepBatches } from '@tract/benchmarks';
import { startBackend } from '../computing/backend.js';
import { type Io, report } from '../io.js';
import { type BenchOptions, networkOf } from './bench.js';

export type SweepOptions = Omit<BenchOptions, 'batch'> & { readonly batches: readonly number[] };

/** Measure batches of several sizes on a network of the size asked for. */
export async function reportSweep(io: Io, options: SweepOptions): Promise<void> {
  const { batches, runs, silent, json } = options;
  const network = networkOf(options);
  const { name: backend, threads } = await startBackend(io, options);
  const points = await sweepBatches({ network, batches, runs }, (run) => {
    if (!silent) io.err(`measuring ${batches.length} batch sizes on ${backend}, run ${run + 1} of ${runs}\n`);
  });
  const line = ({ batch, forward, tract }: (typeof points)[number]): string =>
    `batch ${String(batch).padStart(4)}  forward ${forward.toFixed(2)} images/s, tract ${tract.toFixed(2)} images/s`;
  report(io, json === true, { backend, threads, runs, points }, points.map(line));
}
