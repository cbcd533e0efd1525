import type { DistillSetup, DistillState } from '@tract/distill';
import { leaves, read } from '@tract/tensor';
import type { UNetConfig, UNetParams } from '@tract/unet';
import { type Finding, largest, relativeErrorBeyond } from './compare.js';
import type { GoldenFile } from './golden-file.js';
import { type NamedWeights, weightsOf } from './network.js';
import { gradientTolerance } from './unet.js';

const tolerance = 2e-5;
const adam = { beta1: 0.9, epsilon: 1e-8 };

/** Student, self-teacher and sampling average after the step, each as far as the file has it. */
export async function weightFindings(
  file: GoldenFile,
  config: UNetConfig,
  { learningRate }: DistillSetup<UNetParams>,
  state: DistillState<UNetParams>,
): Promise<Finding[]> {
  const after = (network: string) => weightsOf(file, `after.${network}.`, config, { partial: true });
  const student = after('student');
  const before = new Map(weightsOf(file, 'student.', config).map(({ path, values }) => [path, values]));
  const moments = new Map(leaves(state.moments.m));
  const allowed = new Map<string, Float64Array>();
  for (const { path, values } of student) {
    // After the first step Adam's mean is (1 - beta1) times the clipped gradient.
    const gradient = (await read(moments.get(path)!)).map((m) => m / (1 - adam.beta1));
    allowed.set(path, adamSlack(before.get(path)!, values, gradient, learningRate));
  }
  const networks: [string, UNetParams | undefined, NamedWeights[]][] = [
    ['student', state.student, student],
    ['selfTeacher', state.selfTeacher, after('selfTeacher')],
    ['eval', state.studentEma, after('eval')],
  ];
  const findings: Finding[] = [];
  for (const [network, params, expected] of networks) {
    const ours = new Map(params ? leaves(params) : []);
    for (const { path, name, values } of expected) {
      const leaf = ours.get(path);
      const slack = allowed.get(path) ?? new Float64Array(values.length);
      const error = leaf ? relativeErrorBeyond(slack, await read(leaf), values) : Number.POSITIVE_INFINITY;
      findings.push({ what: `after.${network}.${name}`, error, tolerance });
    }
  }
  return findings;
}

/**
 * How far Adam's first step is undetermined, per entry. It moves a weight by learningRate * g / (|g| + epsilon), so a gradient that is nothing
 * but rounding (of a bias before a normalisation, of a key's bias before the softmax, or by chance) becomes a step of any size up to the
 * learning rate. What the gradient's tolerance does to the step is allowed on top, where both sides show such a gradient: ours in `gradient`,
 * the file's in the step it took. The gradient was clipped to norm 1, so half a unit of float32 is the least that it can be off.
 */
export function adamSlack(before: Float32Array, after: Float32Array, gradient: Float32Array, learningRate: number): Float64Array {
  const gradientError = Math.max(gradientTolerance * largest(gradient), 2 ** -24);
  return Float64Array.from(after, (value, i) => {
    const taken = Math.abs(value - before[i]) / learningRate;
    // From 0.999 on g is so far above epsilon that the step hardly depends on it, and rounding of the weights hides how much.
    if (!(taken < 0.999)) return 0;
    const theirs = (adam.epsilon * taken) / (1 - taken);
    return learningRate * Math.min(spread(theirs, gradientError), spread(gradient[i], gradientError));
  });
}

/** How far Adam's first step, in learning rates, can be off when the gradient g is off by `error`. */
function spread(g: number, error: number): number {
  const step = (at: number) => at / (Math.abs(at) + adam.epsilon);
  return Math.max(step(g + error) - step(g), step(g) - step(g - error));
}
