import type { DistillState } from '@tract/distill';
import { leaves, read, type Tensor, type Tree } from '@tract/tensor';
import { type Finding, largest, relativeErrorBeyond } from './compare.js';
import type { NamedWeights } from './placed-weights.js';

const adam = { beta1: 0.9, epsilon: 1e-8 };

export type WeightsAfter = {
  /** The weights that the file has under a prefix. */
  readonly weights: (prefix: string) => readonly NamedWeights[];
  readonly learningRate: number;
  /** Tolerances of weights, and of the gradients that moved them. */
  readonly tolerance: number;
  readonly gradientTolerance: number;
};

/** Student, self-teacher and sampling average after the step, each as far as the file has it. */
export async function weightFindings<P extends Tree<Tensor>>(
  { weights, learningRate, tolerance, gradientTolerance }: WeightsAfter,
  state: DistillState<P>,
): Promise<Finding[]> {
  const student = weights('after.student.');
  const before = new Map(weights('student.').map(({ path, values }) => [path, values]));
  const moments = new Map(leaves(state.moments.m));
  const allowed = new Map<string, Float64Array>();
  for (const { path, values } of student) {
    // After the first step Adam's mean is (1 - beta1) times the clipped gradient.
    const gradient = (await read(moments.get(path)!)).map((m) => m / (1 - adam.beta1));
    allowed.set(path, adamSlack(before.get(path)!, values, gradient, { learningRate, gradientTolerance }));
  }
  const networks: [string, P | undefined, readonly NamedWeights[]][] = [
    ['student', state.student, student],
    ['selfTeacher', state.selfTeacher, weights('after.selfTeacher.')],
    ['eval', state.studentEma, weights('after.eval.')],
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
 * Return the uncertainty of Adam's first step, per entry. It moves a weight by learningRate * g / (|g| + epsilon), so a gradient that is nothing
 * but rounding (of a bias before a normalisation, of a key's bias before the softmax, or by chance) becomes a step of any size up to the
 * learning rate. What the gradient's tolerance does to the step is allowed on top, where both sides show such a gradient: ours in `gradient`,
 * the file's in the step it took. The gradient was clipped to norm 1, so half a unit of float32 is the least that it can be off.
 */
export function adamSlack(
  before: Float32Array,
  after: Float32Array,
  gradient: Float32Array,
  { learningRate, gradientTolerance }: Pick<WeightsAfter, 'learningRate' | 'gradientTolerance'>,
): Float64Array {
  const gradientError = Math.max(gradientTolerance * largest(gradient), 2 ** -24);
  return Float64Array.from(after, (value, i) => {
    const taken = Math.abs(value - before[i]) / learningRate;
    // From 0.999 on g is so far above epsilon that the step hardly depends on it, and rounding of the weights hides how much.
    if (!(taken < 0.999)) return 0;
    const theirs = (adam.epsilon * taken) / (1 - taken);
    return learningRate * Math.min(spread(theirs, gradientError), spread(gradient[i], gradientError));
  });
}

/** Return the largest error of Adam's first step, in learning rates, when the gradient g is off by `error`. */
function spread(g: number, error: number): number {
  const step = (at: number) => at / (Math.abs(at) + adam.epsilon);
  return Math.max(step(g + error) - step(g), step(g) - step(g - error));
}
