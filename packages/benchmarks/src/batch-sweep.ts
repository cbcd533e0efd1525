import type { UNetConfig } from '@tract/unet';
import { median } from './median.js';
import { TractBench } from './step-benches.js';
import { rehearse } from './time-steps.js';

/** Images a second with batches of one size. */
export type SweepPoint = {
  readonly batch: number;
  readonly forward: number;
  readonly tract: number;
  /** Digest of the distillation after the steps of all turns. */
  readonly digest: string;
};

export type SweepOptions = { readonly network: UNetConfig; readonly batches: readonly number[]; readonly runs: number };

/** Images timed in a turn, or one batch if that is larger: about half a second, as a shared machine changes its pace every few seconds. */
const imagesOfTurn = 64;

/**
 * Time forward passes and TRACT steps with batches of all sizes in turn, `runs` times over. A turn begins with steps that are not timed,
 * because the turn before has filled the caches with other tensors.
 */
export async function sweepBatches(
  { network, batches, runs }: SweepOptions,
  onRun: (run: number) => void = () => {},
): Promise<SweepPoint[]> {
  await rehearse(network);
  const benches = batches.map((batch) => ({ batch, bench: new TractBench({ network, batch }) }));
  const [forward, tract]: number[][][] = [[], []];
  for (let run = 0; run < runs; run++) {
    onRun(run);
    const speeds = [];
    for (const { batch, bench } of benches) {
      speeds.push([await imagesPerSecond(batch, () => bench.forward()), await imagesPerSecond(batch, () => bench.step())]);
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

/** Return the median of each size over all runs after dividing out each run's pace: a slow minute of the machine affects all sizes alike. */
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
