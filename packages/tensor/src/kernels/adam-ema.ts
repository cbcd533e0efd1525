import type { Tensor } from '@tensorflow/tfjs-core';
import { type AdamEmaAttributes, type AdamEmaPart, adamEmaParts } from '../adam-ema.js';
import { add, div, mul, scale, sub } from '../ops/arithmetic.js';
import { combine } from '../ops/combine.js';
import { clamp, sqrt, square } from '../ops/elementwise.js';
import { sum } from '../ops/reduce.js';
import { scope } from '../scope.js';
import { fill } from '../tensor.js';
import { composed } from './compose.js';

type Leaf = Readonly<Partial<Record<AdamEmaPart, Tensor>>>;

function leavesOf(inputs: readonly Tensor[], options: AdamEmaAttributes): Leaf[] {
  const parts = adamEmaParts(options);
  const leaf = (i: number): Leaf => Object.fromEntries(parts.map((part, k) => [part, inputs[i * parts.length + k]]));
  return Array.from({ length: options.count }, (_, i) => leaf(i));
}

const globalNorm = (gradients: readonly Tensor[]): Tensor =>
  scope(() => sqrt(gradients.map((g) => sum(square(g))).reduce((total, next) => add(total, next))));

/** min(1, clipNorm / (norm + 1e-6)); the small term is that of PyTorch's clip_grad_norm_. */
const clipFactor = (norm: Tensor, clipNorm: number): Tensor => clamp(div(fill([], clipNorm), scale(norm, 1, 1e-6)), 0, 1);

const follow = (average: Tensor, p: Tensor, rate: number): Tensor => add(average, scale(sub(p, average), rate));

function updateLeaf({ params, grads, m, v, selfTeacher, ema }: Leaf, factor: Tensor | undefined, o: AdamEmaAttributes): Tensor[] {
  const g = factor === undefined ? grads! : mul(grads!, factor);
  const first = combine([
    [o.beta1, m!],
    [1 - o.beta1, g],
  ]);
  const second = combine([
    [o.beta2, v!],
    [1 - o.beta2, square(g)],
  ]);
  const root = scale(sqrt(scale(second, 1 / (1 - o.beta2 ** o.step))), 1, o.epsilon);
  const moved = combine([
    [1, params!],
    [-o.learningRate / (1 - o.beta1 ** o.step), div(first, root)],
  ]);
  const updated = [moved, first, second];
  if (selfTeacher !== undefined) updated.push(follow(selfTeacher, moved, o.selfRate!));
  if (ema !== undefined) updated.push(follow(ema, moved, o.emaRate!));
  return updated;
}

/** The update in plain operations, out of place: fresh tensors, the old ones are left to the caller. */
export const adamEma = composed((inputs: readonly Tensor[], options: AdamEmaAttributes) => {
  const all = leavesOf(inputs, options);
  const norm = globalNorm(all.map(({ grads }) => grads!));
  const factor = options.clipNorm > 0 ? clipFactor(norm, options.clipNorm) : undefined;
  return [norm, ...all.flatMap((leaf) => scope(() => updateLeaf(leaf, factor, options)))];
});
