import type { Tensor } from '@tensorflow/tfjs-core';
import type { AdamAttributes } from '../adam.js';
import { add, div, mul, scale, sub } from '../ops/arithmetic.js';
import { combine } from '../ops/combine.js';
import { clamp, sqrt, square } from '../ops/elementwise.js';
import { sum } from '../ops/reduce.js';
import { scope } from '../scope.js';
import { fill } from '../tensor.js';
import { composed } from './compose.js';

const globalNorm = (gradients: readonly Tensor[]): Tensor =>
  scope(() => sqrt(gradients.map((g) => sum(square(g))).reduce((total, next) => add(total, next))));

/** min(1, clipNorm / (norm + 1e-6)); the small term is that of PyTorch's clip_grad_norm_. */
const clipFactor = (norm: Tensor, clipNorm: number): Tensor => clamp(div(fill([], clipNorm), scale(norm, 1, 1e-6)), 0, 1);

const follow = (average: Tensor, p: Tensor, rate: number): Tensor => add(average, scale(sub(p, average), rate));

function updateLeaf([p, grad, m, v, ...averages]: readonly Tensor[], factor: Tensor | undefined, o: AdamAttributes): Tensor[] {
  const g = factor === undefined ? grad : mul(grad, factor);
  const first = combine([
    [o.beta1, m],
    [1 - o.beta1, g],
  ]);
  const second = combine([
    [o.beta2, v],
    [1 - o.beta2, square(g)],
  ]);
  const root = scale(sqrt(scale(second, 1 / o.correction2)), 1, o.epsilon);
  const moved = combine([
    [1 - o.learningRate * o.weightDecay, p],
    [-o.learningRate / o.correction1, div(first, root)],
  ]);
  return [moved, first, second, ...averages.map((average, i) => follow(average, moved, o.averageRates[i]))];
}

/** The update in plain operations, out of place: fresh tensors, the old ones are left to the caller. */
export const adam = composed((inputs: readonly Tensor[], options: AdamAttributes) => {
  const parts = 4 + options.averageRates.length;
  const all = Array.from({ length: options.count }, (_, i) => inputs.slice(i * parts, (i + 1) * parts));
  const norm = globalNorm(all.map(([, grad]) => grad));
  const factor = options.clipNorm > 0 ? clipFactor(norm, options.clipNorm) : undefined;
  return [norm, ...all.flatMap((leaf) => scope(() => updateLeaf(leaf, factor, options)))];
});
