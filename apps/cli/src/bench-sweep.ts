import type { UNetConfig } from '@tract/unet';
import { median, rehearse, StepBench } from './bench-step.js';

/** Images a second with batches of one size. */
export type SweepPoint = {
  readonly batch: number;
  readonly forward: number;
  readonly tract: number;
  /** As that of `BenchResult`, after the TRACT steps of all turns. */
  readonly digest: string;
};

export type SweepOptions = { readonly network: UNetConfig; readonly batches: readonly number[]; readonly runs: number };

/** Images of a turn that are timed: a second's work or two, for a machine that others share changes its speed every few seconds. */
const imagesOfTurn = 256;

/**
 * Times batches of all sizes in turn, `runs` times over, and takes the median of each: a slow minute of the machine meets all sizes alike. A turn begins with
 * steps that are not timed, for the turn before has left the caches to other tensors.
 */
export async function benchSweep({ network, batches, runs }: SweepOptions, onRun: (run: number) => void = () => {}): Promise<SweepPoint[]> {
  await rehearse(network);
  const all = batches.map((batch) => ({ batch, bench: new StepBench({ network, batch }), forward: [] as number[], tract: [] as number[] }));
  for (let run = 0; run < runs; run++) {
    onRun(run);
    for (const { batch, bench, forward, tract } of all) {
      forward.push(await imagesPerSecond(batch, () => bench.forward()));
      tract.push(await imagesPerSecond(batch, () => bench.tract()));
    }
  }
  const points: SweepPoint[] = [];
  for (const { batch, bench, forward, tract } of all) {
    points.push({ batch, forward: median(forward), tract: median(tract), digest: await bench.digest() });
    bench.dispose();
  }
  return points;
}

async function imagesPerSecond(batch: number, work: () => Promise<void>): Promise<number> {
  const times = Math.ceil(imagesOfTurn / batch);
  for (let i = 0; i < times / 4; i++) await work();
  const started = performance.now();
  for (let i = 0; i < times; i++) await work();
  return (batch * times) / ((performance.now() - started) / 1000);
}
