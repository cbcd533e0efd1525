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

/** Images of a turn that are timed, or one batch: half a second's work, for a machine that others share changes its pace every few seconds. */
const imagesOfTurn = 64;

/**
 * Times batches of all sizes in turn, `runs` times over. A turn begins with steps that are not timed, for the turn before has left the caches to other
 * tensors.
 */
export async function benchSweep({ network, batches, runs }: SweepOptions, onRun: (run: number) => void = () => {}): Promise<SweepPoint[]> {
  await rehearse(network);
  const benches = batches.map((batch) => ({ batch, bench: new StepBench({ network, batch }) }));
  const [forward, tract]: number[][][] = [[], []];
  for (let run = 0; run < runs; run++) {
    onRun(run);
    const speeds = [];
    for (const { batch, bench } of benches) {
      speeds.push([await imagesPerSecond(batch, () => bench.forward()), await imagesPerSecond(batch, () => bench.tract())]);
    }
    forward.push(speeds.map(([speed]) => speed));
    tract.push(speeds.map(([, speed]) => speed));
  }
  const usual = { forward: usualSpeeds(forward), tract: usualSpeeds(tract) };
  const points: SweepPoint[] = [];
  for (const [i, { batch, bench }] of benches.entries()) {
    points.push({ batch, forward: usual.forward[i], tract: usual.tract[i], digest: await bench.digest() });
    bench.dispose();
  }
  return points;
}

/** Of each size the median over all runs, once a run's own pace is taken out: a slow minute of the machine meets all sizes alike. */
function usualSpeeds(runs: readonly (readonly number[])[]): number[] {
  const paces = runs.map((speeds) => Math.exp(speeds.reduce((sum, speed) => sum + Math.log(speed), 0) / speeds.length));
  return runs[0].map((_, size) => median(paces) * median(runs.map((speeds, run) => speeds[size] / paces[run])));
}

async function imagesPerSecond(batch: number, work: () => Promise<void>): Promise<number> {
  const times = Math.ceil(imagesOfTurn / batch);
  for (let i = 0; i < times / 4; i++) await work();
  const started = performance.now();
  for (let i = 0; i < times; i++) await work();
  return (batch * times) / ((performance.now() - started) / 1000);
}
