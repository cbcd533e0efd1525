import { type KernelCall, type MachinePeaks, machinePeaks } from '@tract/backend-native';
import { countParameters, unetSpec } from '@tract/unet';
import { bytesOf, describeShapes, operationsOf } from './kernel-work.js';
import { median } from './median.js';
import { TractBench } from './step-benches.js';
import { observedCalls } from './step-work.js';
import type { TimeOptions } from './time-steps.js';

/** All calls of one kernel, or of one kernel and shape, in one TRACT step. */
export type KernelRow = {
  readonly kernel: string;
  /** The inputs in words; absent if calls of all shapes are counted together. */
  readonly shapes?: string;
  readonly calls: number;
  readonly milliseconds: number;
  /** Fraction of the step's time, in [0, 1]. */
  readonly share: number;
  /** Speed in the operations of the direct algorithm; null for kernels bound by memory. */
  readonly gflops: number | null;
  /** Size of the inputs and outputs of all calls. */
  readonly bytes: number;
  readonly gbs: number;
};

export type KernelProfile = {
  readonly params: number;
  readonly peaks: MachinePeaks;
  /** Median wall time of a whole TRACT step while it was observed. */
  readonly stepMs: number;
  /** Rows by kernel, and by kernel and shape; the slowest first. */
  readonly kernels: readonly KernelRow[];
  readonly shapes: readonly KernelRow[];
  /** The rest of the step: JavaScript, the engine, and kernels of the stock backend. */
  readonly outside: { readonly milliseconds: number; readonly share: number };
};

/** One observed TRACT step. */
type Run = { readonly milliseconds: number; readonly calls: readonly KernelCall[] };

async function observedStep(bench: TractBench): Promise<Run> {
  const started = performance.now();
  const calls = await observedCalls(() => bench.step());
  return { milliseconds: performance.now() - started, calls };
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

const timeOf = (calls: readonly KernelCall[]): number => calls.reduce((sum, { milliseconds }) => sum + milliseconds, 0);

/** Make a row from the calls of one kind in each run: the work of the last run (all do the same), the median of their times. */
function rowOf(runs: readonly (readonly KernelCall[])[], stepMs: number, shapes?: string): KernelRow {
  const calls = runs[runs.length - 1];
  const milliseconds = median(runs.map(timeOf));
  const counts = calls.map(operationsOf);
  const operations = counts.every((count) => count !== undefined) ? counts.reduce((sum, count) => sum + count, 0) : undefined;
  const bytes = calls.reduce((sum, call) => sum + bytesOf(call), 0);
  return {
    kernel: calls[0].kernel,
    ...(shapes === undefined ? {} : { shapes }),
    calls: calls.length,
    milliseconds: rounded(milliseconds, 4),
    share: rounded(milliseconds / stepMs, 6),
    gflops: operations === undefined ? null : rounded(operations / milliseconds / 1e6, 2),
    bytes,
    gbs: rounded(bytes / milliseconds / 1e6, 2),
  };
}

function rowsBy(
  keyOf: (call: KernelCall) => string,
  runs: readonly Run[],
  stepMs: number,
  shapesOf?: (call: KernelCall) => string,
): KernelRow[] {
  const groups = new Map<string, KernelCall[][]>();
  for (const [i, { calls }] of runs.entries()) {
    for (const call of calls) {
      const key = keyOf(call);
      let group = groups.get(key);
      if (group === undefined) {
        group = runs.map(() => []);
        groups.set(key, group);
      }
      group[i].push(call);
    }
  }
  return [...groups.values()].map((group) => rowOf(group, stepMs, shapesOf?.(group[0][0]))).sort((a, b) => b.milliseconds - a.milliseconds);
}

/** Observe the kernels of `runs` TRACT steps after one to warm up, and measure the machine's peaks. The native backend must be active. */
export async function profileKernels(options: TimeOptions, onPart: (name: string) => void = () => {}): Promise<KernelProfile> {
  onPart("the machine's peaks");
  const peaks = machinePeaks();
  onPart('tract');
  const bench = new TractBench(options);
  const runs: Run[] = [];
  await bench.step();
  for (let run = 0; run < options.runs; run++) runs.push(await observedStep(bench));
  bench.dispose();
  const stepMs = median(runs.map(({ milliseconds }) => milliseconds));
  const kernels = rowsBy(({ kernel }) => kernel, runs, stepMs);
  const shapes = rowsBy((call) => `${call.kernel} ${describeShapes(call)}`, runs, stepMs, describeShapes);
  const outside = stepMs - kernels.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return {
    params: countParameters(unetSpec(options.network)),
    peaks: { multiplyAddGflops: rounded(peaks.multiplyAddGflops, 1), copyGBs: rounded(peaks.copyGBs, 1) },
    stepMs: rounded(stepMs, 3),
    kernels,
    shapes,
    outside: { milliseconds: rounded(outside, 4), share: rounded(outside / stepMs, 6) },
  };
}
