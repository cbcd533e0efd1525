import type { DistillSetup, DistillState } from '@tract/distill';
import { leaves, read } from '@tract/tensor';
import type { UNetConfig, UNetParams } from '@tract/unet';
import { type Finding, relativeErrorBeyond } from './compare.js';
import type { GoldenFile } from './golden-file.js';
import { type NamedWeights, weightsOf } from './network.js';

const tolerance = 2e-5;
const adamEpsilon = 1e-8;
/** One unit of float32 in a gradient whose norm was clipped to 1: no arithmetic knows a single entry better. */
const gradientRounding = 2 ** -23;

/** Student, self-teacher and sampling average after the step, each as far as the file has it. */
export async function weightFindings(
  file: GoldenFile,
  config: UNetConfig,
  { learningRate }: DistillSetup<UNetParams>,
  state: DistillState<UNetParams>,
): Promise<Finding[]> {
  const before = new Map(weightsOf(file, 'student.', config).map(({ path, values }) => [path, values]));
  const student = weightsOf(file, 'after.student.', config, { partial: true });
  const allowed = new Map(student.map(({ path, values }) => [path, adamSlack(before.get(path)!, values, learningRate)]));
  const networks: [string, UNetParams | undefined, NamedWeights[]][] = [
    ['student', state.student, student],
    ['selfTeacher', state.selfTeacher, weightsOf(file, 'after.selfTeacher.', config, { partial: true })],
    ['eval', state.studentEma, weightsOf(file, 'after.eval.', config, { partial: true })],
  ];
  const findings: Finding[] = [];
  for (const [network, params, expected] of networks) {
    const ours = new Map(params ? leaves(params) : []);
    for (const { path, name, values } of expected) {
      const leaf = ours.get(path);
      const error = leaf
        ? relativeErrorBeyond(allowed.get(path) ?? new Float64Array(values.length), await read(leaf), values)
        : Number.POSITIVE_INFINITY;
      findings.push({ what: `after.${network}.${name}`, error, tolerance });
    }
  }
  return findings;
}

/**
 * How far Adam's first step is undetermined, per entry. It moves a weight by learningRate * g / (|g| + epsilon), which magnifies a gradient of
 * rounding alone (a bias before a normalisation, a key's bias before the softmax) to a step of any size up to the learning rate. The file's
 * own step tells g; what one unit of float32's rounding of the gradient does to the step from there is allowed on top of the tolerance.
 */
function adamSlack(before: Float32Array, after: Float32Array, learningRate: number): Float64Array {
  const step = (g: number) => g / (Math.abs(g) + adamEpsilon);
  return Float64Array.from(after, (value, i) => {
    const taken = Math.abs(value - before[i]) / learningRate;
    // From here on g is so far above epsilon that the step hardly depends on it, and rounding of the weights hides how much.
    if (!(taken < 0.999)) return 0;
    const g = (adamEpsilon * taken) / (1 - taken);
    return learningRate * Math.max(step(g + gradientRounding) - taken, taken - step(g - gradientRounding));
  });
}
