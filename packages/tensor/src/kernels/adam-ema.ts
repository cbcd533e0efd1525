import type { Tensor } from '@tensorflow/tfjs-core';
import type { AdamEmaAttributes } from '../adam-ema.js';
import { add, div, mul, scale, sub } from '../ops/arithmetic.js';
import { combine } from '../ops/combine.js';
import { clamp, sqrt, square } from '../ops/elementwise.js';
import { sum } from '../ops/reduce.js';
import { scope } from '../scope.js';
import { fill } from '../tensor.js';
import { composed } from './compose.js';

type Inputs = Readonly<Record<string, Tensor>>;

const globalNorm = (inputs: Inputs, count: number): Tensor =>
  scope(() => {
    const squares = Array.from({ length: count }, (_, i) => sum(square(inputs[`g${i}`])));
    return sqrt(squares.reduce((total, next) => add(total, next)));
  });

/** min(1, clipNorm / (norm + 1e-6)); the small term is that of PyTorch's clip_grad_norm_. */
const clipFactor = (norm: Tensor, clipNorm: number): Tensor => clamp(div(fill([], clipNorm), scale(norm, 1, 1e-6)), 0, 1);

const follow = (average: Tensor, p: Tensor, rate: number): Tensor => add(average, scale(sub(p, average), rate));

function updateLeaf(inputs: Inputs, i: number, factor: Tensor | undefined, o: AdamEmaAttributes): Tensor[] {
  const g = factor === undefined ? inputs[`g${i}`] : mul(inputs[`g${i}`], factor);
  const m = combine([
    [o.beta1, inputs[`m${i}`]],
    [1 - o.beta1, g],
  ]);
  const v = combine([
    [o.beta2, inputs[`v${i}`]],
    [1 - o.beta2, square(g)],
  ]);
  const root = scale(sqrt(scale(v, 1 / (1 - o.beta2 ** o.step))), 1, o.epsilon);
  const p = combine([
    [1, inputs[`p${i}`]],
    [-o.learningRate / (1 - o.beta1 ** o.step), div(m, root)],
  ]);
  const updated = [p, m, v];
  const s = inputs[`s${i}`];
  if (s !== undefined) updated.push(follow(s, p, o.selfRate!));
  const e = inputs[`e${i}`];
  if (e !== undefined) updated.push(follow(e, p, o.emaRate!));
  return updated;
}

/** The update in plain operations, out of place: fresh tensors, the old ones are left to the caller. */
export const adamEma = composed((inputs: Inputs, options: AdamEmaAttributes) => {
  const norm = globalNorm(inputs, options.count);
  const factor = options.clipNorm > 0 ? clipFactor(norm, options.clipNorm) : undefined;
  const updated = Array.from({ length: options.count }, (_, i) => scope(() => updateLeaf(inputs, i, factor, options)));
  return [norm, ...updated.flat()];
});
