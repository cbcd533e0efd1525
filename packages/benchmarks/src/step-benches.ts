import { createHash } from 'node:crypto';
import {
  type DistillSetup,
  type DistillState,
  distillSetup,
  distillStep,
  initDistillation,
  initTeacher,
  type Network,
  type TeacherSetup,
  type TeacherState,
  teacherSetup,
  teacherStep,
} from '@tract/distill';
import { dispose, leaves, noise, read, readScalar, type Tensor } from '@tract/tensor';
import { applyUNet, initUNet, type UNetConfig, type UNetParams } from '@tract/unet';

/** Network and batch size of a benchmark. */
export type BenchSize = { readonly network: UNetConfig; readonly batch: number };

/** Length of the runs that the timed steps are the beginning of; no benchmark reaches its end. */
const endless = 1e9;

/** Noise in place of training images [batch, size, size, channels]: a step takes as long on any. */
const batchOf = ({ network, batch }: BenchSize): Tensor =>
  noise({ seed: 0, samples: { first: 0, count: batch }, shape: [network.imageSize, network.imageSize, network.inChannels] });

const networkOf =
  (config: UNetConfig): Network<UNetParams> =>
  (params, xt, conditioning) =>
    applyUNet(config, params, xt, conditioning);

/** Steps of a teacher's training with the defaults of `teacherSetup`. */
export class TeacherBench {
  private readonly x0: Tensor;
  private readonly setup: TeacherSetup<UNetParams>;
  private state: TeacherState<UNetParams>;

  constructor(size: BenchSize) {
    this.x0 = batchOf(size);
    this.setup = teacherSetup({ network: networkOf(size.network), prediction: 'v', totalSteps: endless });
    const params = initUNet(size.network, 0);
    this.state = initTeacher(params);
    dispose(params);
  }

  /** Do one step and wait for it. */
  async step(): Promise<void> {
    const { state, loss, gradNorm } = teacherStep(this.setup, this.state, { x0: this.x0 });
    this.state = state;
    await readScalar(gradNorm);
    dispose([loss, gradNorm]);
  }

  dispose(): void {
    dispose([this.state, this.x0]);
  }
}

/** Steps of a TRACT distillation from 1024 to 1 steps with the defaults of `distillSetup`: teacher, self-teacher, student. */
export class TractBench {
  private readonly x0: Tensor;
  private readonly network: Network<UNetParams>;
  private readonly setup: DistillSetup<UNetParams>;
  private state: DistillState<UNetParams>;

  constructor({ network, batch }: BenchSize) {
    this.x0 = batchOf({ network, batch });
    this.network = networkOf(network);
    this.setup = distillSetup({ network: this.network, prediction: 'v', phaseSteps: [1024, 1], totalSteps: endless });
    const teacher = initUNet(network, 0);
    this.state = initDistillation(this.setup, teacher);
    dispose(teacher);
  }

  /** Do one network call without gradients, at logSNR 0, and wait for it. */
  async forward(): Promise<void> {
    const out = this.network(this.state.student, this.x0, { noise: new Array<number>(this.x0.shape[0]).fill(0) });
    await out.data();
    dispose(out);
  }

  /** Do one step and wait for it. */
  async step(): Promise<void> {
    const { state, loss, gradNorm } = distillStep(this.setup, this.state, { x0: this.x0 });
    this.state = state;
    await readScalar(gradNorm);
    dispose([loss, gradNorm]);
  }

  /** Return the SHA-256 of student, moments and averages: equal bits give equal digests. */
  async digest(): Promise<string> {
    const { student, moments, studentEma, selfTeacher } = this.state;
    const hash = createHash('sha256');
    for (const [, leaf] of leaves<Tensor>({ student, moments, studentEma, selfTeacher: selfTeacher! })) hash.update(await read(leaf));
    return hash.digest('hex');
  }

  dispose(): void {
    dispose([this.state, this.x0]);
  }
}
