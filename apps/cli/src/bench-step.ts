import { createHash } from 'node:crypto';
import { emaRate } from '@tract/optim';
import {
  type AdamEmaState,
  adamEma,
  clone,
  combine,
  dispose,
  leaves,
  mapTree,
  noise,
  randomUniforms,
  read,
  readScalar,
  scope,
  spare,
  squaredError,
  type Tensor,
  valueAndGrad,
  zeros,
} from '@tract/tensor';
import { applyUNet, countParameters, initUNet, type UNetConfig, type UNetParams, unetSpec } from '@tract/unet';

/** Images a second of a forward pass, of a training step and of a whole TRACT step, and what they took. */
export type BenchResult = {
  readonly params: number;
  readonly forward: number;
  readonly train: number;
  readonly tract: number;
  readonly peakRssMB: number;
  /** SHA-256 of student, moments and averages after the last step: equal bits give equal digests. */
  readonly digest: string;
};

export type BenchOptions = { readonly network: UNetConfig; readonly batch: number; readonly runs: number };

/** Momenta of the two averages. */
const selfEma = 0.5;
const slowEma = 0.999;

/** The work of one training: separate trees for student, self-teacher, sampling average and teacher, one fixed batch of noise. */
export class StepBench {
  private readonly teacher: UNetParams;
  private state: AdamEmaState<UNetParams>;
  private grads: UNetParams | undefined;
  private readonly x: Tensor;
  private readonly logSNR: number[];
  private updates = 0;

  constructor(private readonly options: Pick<BenchOptions, 'network' | 'batch'>) {
    const { network, batch } = options;
    const params = initUNet(network, 0);
    const copy = (): UNetParams => mapTree(params, (leaf) => clone(leaf));
    const empty = (): UNetParams => mapTree(params, (leaf) => zeros(leaf.shape));
    this.teacher = copy();
    this.state = { params, m: empty(), v: empty(), selfTeacher: copy(), ema: copy() };
    this.x = noise({ seed: 0, samples: { first: 0, count: batch }, shape: [network.imageSize, network.imageSize, network.inChannels] });
    this.logSNR = Array.from(randomUniforms({ seed: 0 }, batch), (u) => 20 - 40 * u);
  }

  private apply(params: UNetParams, xt: Tensor): Tensor {
    return applyUNet(this.options.network, params, xt, { noise: this.logSNR });
  }

  /** One network call, waited for. */
  async forward(): Promise<void> {
    const out = this.apply(this.state.params, this.x);
    await out.data();
    dispose(out);
  }

  /** Mean squared error to the target, gradients, clipping at norm 1, Adam at 2e-4, both averages. */
  async train(target: Tensor = this.x): Promise<void> {
    const weights = new Array<number>(this.options.batch).fill(1 / target.size);
    const { value, grads } = valueAndGrad(
      (params: UNetParams) => squaredError(this.apply(params, this.x), target, weights),
      this.state.params,
      { into: this.grads },
    );
    this.updates++;
    const { state, gradientNorm } = adamEma(this.state, grads, {
      learningRate: 2e-4,
      step: this.updates,
      clipNorm: 1,
      selfRate: emaRate(selfEma, this.updates),
      emaRate: emaRate(slowEma, this.updates),
    });
    this.state = state;
    await readScalar(gradientNorm);
    this.grads = spare(grads);
    dispose([value, gradientNorm]);
  }

  /** A teacher call, a self-teacher call where it landed, and a training step towards their mixture. */
  async tract(): Promise<void> {
    const target = scope(() => {
      const half = (prediction: Tensor, x: Tensor): Tensor =>
        combine([
          [0.5, prediction],
          [0.5, x],
        ]);
      const landed = half(this.apply(this.teacher, this.x), this.x);
      return half(this.apply(this.state.selfTeacher!, landed), landed);
    });
    await this.train(target);
    dispose(target);
  }

  async digest(): Promise<string> {
    const hash = createHash('sha256');
    for (const [, leaf] of leaves(this.state)) hash.update(await read(leaf));
    return hash.digest('hex');
  }

  dispose(): void {
    dispose([this.teacher, this.state, this.grads, this.x]);
  }
}

/** The middle value, the upper one of two. */
export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const hundredths = (value: number): number => Math.round(value * 100) / 100;

/** How long a narrow network and one image go through all of it before it is timed: the JavaScript around the kernels is compiled by then, as it is for nearly all of a training. */
const rehearsalMs = 1500;
const rehearsalChannels = 32;

/** Steps of a state of its own, which leave that of the measured ones, and so the digest, alone. */
export async function rehearse(network: UNetConfig): Promise<void> {
  const channels = Math.min(rehearsalChannels, network.channels);
  const bench = new StepBench({ network: { ...network, channels, embChannels: 4 * channels }, batch: 1 });
  const end = performance.now() + rehearsalMs;
  do {
    await bench.forward();
    await bench.tract();
  } while (performance.now() < end);
  bench.dispose();
}

/** Times the three kinds of work, after a rehearsal: one warm-up each, then the median of `runs`. */
export async function benchStep(options: BenchOptions, onPart: (name: string) => void = () => {}): Promise<BenchResult> {
  await rehearse(options.network);
  const bench = new StepBench(options);
  const imagesPerSecond = async (name: string, work: () => Promise<void>): Promise<number> => {
    onPart(name);
    await work();
    const seconds: number[] = [];
    for (let run = 0; run < options.runs; run++) {
      const started = performance.now();
      await work();
      seconds.push((performance.now() - started) / 1000);
    }
    return hundredths(options.batch / median(seconds));
  };
  const forward = await imagesPerSecond('forward', () => bench.forward());
  const train = await imagesPerSecond('train', () => bench.train());
  const tract = await imagesPerSecond('tract', () => bench.tract());
  // The highest resident size of the process so far; Node gives it in kilobytes on every system.
  const peakRssMB = Math.floor(process.resourceUsage().maxRSS / 1024);
  const digest = await bench.digest();
  bench.dispose();
  return { params: countParameters(unetSpec(options.network)), forward, train, tract, peakRssMB, digest };
}
