import type { Tensor } from '@tensorflow/tfjs-core';
import { run, runMany } from '../run.js';
import { scope } from '../scope.js';
import { type Shape, sameShape, showShape } from '../shape.js';
import { activeTape, isTracked, record } from '../tape.js';
import { relu as positivePart } from './elementwise.js';

export type Conv2dOptions = {
  /** [Co], added to every pixel. */
  readonly bias?: Tensor;
  /** [N,Ho,Wo,Co], added to the result. */
  readonly residual?: Tensor;
  /** Take max(, 0) of all that. Default: false. */
  readonly relu?: boolean;
  /** Step between windows on both axes; 1 by default. */
  readonly stride?: number;
  /**
   * Zeros on all four sides, or above and below and then left and right; (k - 1) / 2 by default, which keeps the size at stride 1 and needs a square filter
   * of odd size.
   */
  readonly pad?: Pad;
};

/** Zeros around an image: on all sides, or [above and below, left and right]. */
export type Pad = number | readonly [vertical: number, horizontal: number];

export const padPair = (pad: Pad): readonly [number, number] => (typeof pad === 'number' ? [pad, pad] : pad);

function defaultPad(filter: Tensor): number {
  const [kh, kw] = filter.shape;
  if (kh !== kw || kh % 2 === 0) {
    throw new RangeError(`conv2d: a filter of size ${kh}x${kw} has no default padding; give 'pad'`);
  }
  return (kh - 1) / 2;
}

function outputShape(x: Shape, filter: Shape, stride: number, pad: Pad): number[] {
  if (x.length !== 4 || filter.length !== 4 || x[3] !== filter[2]) {
    throw new RangeError(`conv2d: expected x [N,H,W,Ci] and filter [kh,kw,Ci,Co], got ${showShape(x)} and ${showShape(filter)}`);
  }
  const [vertical, horizontal] = padPair(pad);
  if (!(Number.isInteger(stride) && stride >= 1 && [vertical, horizontal].every((n) => Number.isInteger(n) && n >= 0))) {
    throw new RangeError(`conv2d: stride must be an integer >= 1 and pad an integer >= 0, got ${stride} and ${pad}`);
  }
  const [kh, kw, , co] = filter;
  const height = Math.floor((x[1] + 2 * vertical - kh) / stride) + 1;
  const width = Math.floor((x[2] + 2 * horizontal - kw) / stride) + 1;
  if (height < 1 || width < 1) {
    throw new RangeError(`conv2d: a ${kh}x${kw} filter is larger than the image of ${showShape(x)} with pad ${pad}`);
  }
  return [x[0], height, width, co];
}

/**
 * 2-D cross-correlation: x [N,H,W,Ci], filter [kh,kw,Ci,Co] → [N,Ho,Wo,Co] with Ho = floor((H + 2 pad - kh) / stride) + 1, plus bias
 * and residual when given, and max(, 0) of that when asked for, in one pass where the backend can.
 * @throws RangeError when shapes do not fit.
 */
export function conv2d(x: Tensor, filter: Tensor, options: Conv2dOptions = {}): Tensor {
  const { bias, residual, relu = false, stride = 1, pad = defaultPad(filter) } = options;
  // Its gradient needs the sign of what went in, so that under one the two are kept apart.
  if (relu && isTracked(x, filter, bias, residual)) return scope(() => positivePart(conv2d(x, filter, { ...options, relu: false })));
  const shape = outputShape(x.shape, filter.shape, stride, pad);
  if (bias !== undefined && !sameShape(bias.shape, [shape[3]])) {
    throw new RangeError(`conv2d: bias must have shape [${shape[3]}], got ${showShape(bias.shape)}`);
  }
  if (residual !== undefined && !sameShape(residual.shape, shape)) {
    throw new RangeError(`conv2d: residual must have the output's shape ${showShape(shape)}, got ${showShape(residual.shape)}`);
  }
  const inputs: Record<string, Tensor> = { x, filter };
  if (bias !== undefined) inputs.bias = bias;
  if (residual !== undefined) inputs.residual = residual;
  const y = run(relu ? 'TractConv2DRelu' : 'TractConv2D', inputs, { stride, pad });
  return isTracked(x, filter, bias, residual) ? recordConv(y, x, filter, bias, residual, stride, pad) : y;
}

function recordConv(
  y: Tensor,
  x: Tensor,
  filter: Tensor,
  bias: Tensor | undefined,
  residual: Tensor | undefined,
  stride: number,
  pad: Pad,
): Tensor {
  const tape = activeTape()!;
  const saved: Tensor[] = [];
  if (tape.tracks(x)) saved.push(filter);
  if (tape.tracks(filter) || (bias !== undefined && tape.tracks(bias))) saved.push(x);
  const inputShape = x.shape;
  const filterShape = filter.shape;
  // Absent inputs are stood in for by x, which the tape then sees twice with one gradient left undefined.
  const sources = [x, filter, bias ?? x, residual ?? x];
  return record(y, sources, saved, (dy, needs) => {
    const dx = needs[0] ? run('TractConv2DInputGrad', { dy, filter }, { stride, pad, inputShape }) : undefined;
    const wantsBias = bias !== undefined && needs[2];
    const [dFilter, dBias] = needs[1] || wantsBias ? runMany('TractConv2DFilterGrad', { x, dy }, { stride, pad, filterShape }) : [];
    return [dx, dFilter, wantsBias ? dBias : undefined, residual !== undefined && needs[3] ? dy : undefined];
  });
}
