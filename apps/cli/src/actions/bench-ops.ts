import { profileKernels, profileTable } from '@tract/benchmarks';
import { startBackend } from '../computing/backend.js';
import { usageError } from '../errors.js';
import { type Io, report } from '../io.js';
import { type BenchOptions, networkOf } from './bench.js';

/** Measure each kernel of a TRACT step on a network of the size asked for. */
export async function reportOps(io: Io, options: BenchOptions): Promise<void> {
  const { batch, runs, silent, json } = options;
  const network = networkOf(options);
  const asked = options.backend;
  if (asked !== undefined && asked !== 'native')
    throw usageError(`bench ops observes the kernels of the native backend; leave --backend ${asked} out`);
  const { name: backend, threads, instructions } = await startBackend(io, { ...options, backend: 'native' });
  const result = await profileKernels({ network, batch, runs }, (part) => {
    if (!silent) io.err(`measuring ${part} on ${backend} (${instructions}) with ${threads} threads\n`);
  });
  report(io, json === true, { backend, threads, instructions, batch, runs, ...result }, profileTable(result, batch));
}
