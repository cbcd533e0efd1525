import { countParameters, type UNetConfig, unetSpec } from '@tract/unet';
import { median } from './median.js';
import { type BenchSize, TeacherBench, TractBench } from './step-benches.js';

/** Images a second of a forward pass, of a teacher's step and of a TRACT step. */
export type StepTimes = {
  readonly params: number;
  readonly forward: number;
  readonly train: number;
  readonly tract: number;
  /** Highest resident size of the process so far. */
  readonly peakRssMB: number;
  /** Digest of the distillation after its last step. */
  readonly digest: string;
};

export type TimeOptions = BenchSize & { readonly runs: number };

/** Time that rehearsals take: after it the JavaScript around the kernels is compiled, as it is for nearly all of a training. */
const rehearsalMs = 1500;
const rehearsalChannels = 32;

/** Run a narrow network on one image for a while before anything is timed; the measured states, and so their digests, are others. */
export async function rehearse(network: UNetConfig): Promise<void> {
  const channels = Math.min(rehearsalChannels, network.channels);
  const size = { network: { ...network, channels, embChannels: 4 * channels }, batch: 1 };
  const [teacher, tract] = [new TeacherBench(size), new TractBench(size)];
  const end = performance.now() + rehearsalMs;
  do {
    await tract.forward();
    await teacher.step();
    await tract.step();
  } while (performance.now() < end);
  teacher.dispose();
  tract.dispose();
}

/** Time the three kinds of work after a rehearsal: one warm-up each, then the median of `runs`. `onPart` is called at the beginning of each. */
export async function timeSteps(options: TimeOptions, onPart: (name: string) => void = () => {}): Promise<StepTimes> {
  await rehearse(options.network);
  const imagesPerSecond = async (name: string, work: () => Promise<void>): Promise<number> => {
    onPart(name);
    await work();
    const seconds: number[] = [];
    for (let run = 0; run < options.runs; run++) {
      const started = performance.now();
      await work();
      seconds.push((performance.now() - started) / 1000);
    }
    return Math.round((100 * options.batch) / median(seconds)) / 100;
  };
  const teacher = new TeacherBench(options);
  const train = await imagesPerSecond('train', () => teacher.step());
  teacher.dispose();
  const bench = new TractBench(options);
  const forward = await imagesPerSecond('forward', () => bench.forward());
  const tract = await imagesPerSecond('tract', () => bench.step());
  // Node gives kilobytes on every system.
  const peakRssMB = Math.floor(process.resourceUsage().maxRSS / 1024);
  const digest = await bench.digest();
  bench.dispose();
  return { params: countParameters(unetSpec(options.network)), forward, train, tract, peakRssMB, digest };
}
