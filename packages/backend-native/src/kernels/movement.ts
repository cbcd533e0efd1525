import {
  type ConcatAttrs,
  type PadV2Attrs,
  type SliceAttrs,
  slice_util,
  type TensorInfo,
  type TransposeAttrs,
  util,
} from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.js';
import type { NativeKernel, NativeKernels } from '../native-kernel.js';
import { sizeOf } from '../size-of.js';
import { planStridedCopy, stridesOf } from '../strided-plan.js';

const concat: NativeKernel<ConcatAttrs> = (backend, inputs, { axis }) => {
  const parts = Object.values(inputs);
  const first = parts[0].shape;
  const [along] = util.parseAxisParam(axis, first);
  const fits = parts.every(({ shape }) => shape.length === first.length && shape.every((length, i) => i === along || length === first[i]));
  if (parts.length < 2 || !fits) return undefined;
  const shape = first.with(
    along,
    parts.reduce((sum, part) => sum + part.shape[along], 0),
  );
  return backend.launchOne('concat', { parts, y: shape, outer: sizeOf(first.slice(0, along)) });
};

/** Move elements by a plan of copying and its beginning in each. Undefined where the plan is. */
const move = (
  backend: NativeBackend,
  x: TensorInfo,
  y: readonly number[],
  axes: number[] | undefined,
  { xOffset = 0, yOffset = 0, fill }: { readonly xOffset?: number; readonly yOffset?: number; readonly fill?: number },
) => axes && backend.launchOne('stridedCopy', { x, y, xOffset, yOffset, filled: fill !== undefined, fill: fill ?? 0, axes });

/** Copy, always: the stock kernel's views would keep a large buffer alive for a small slice. */
const slice: NativeKernel<SliceAttrs> = (backend, { x }, { begin, size }) => {
  const [start, shape] = slice_util.parseSliceParams(x as never, begin, size);
  slice_util.assertParamsValid(x as never, start, shape);
  if (shape.includes(0)) return undefined;
  const [from, to] = [stridesOf(x.shape), stridesOf(shape)];
  const axes = planStridedCopy(shape.map((length, i) => ({ size: length, x: from[i], y: to[i] })));
  return move(backend, x, shape, axes, { xOffset: start.reduce((sum, index, i) => sum + index * from[i], 0) });
};

const transpose: NativeKernel<TransposeAttrs> = (backend, { x }, { perm }) => {
  const shape = perm.map((axis) => x.shape[axis]);
  const [from, to] = [stridesOf(x.shape), stridesOf(shape)];
  return move(backend, x, shape, planStridedCopy(shape.map((size, i) => ({ size, x: from[perm[i]], y: to[i] }))), {});
};

const pad: NativeKernel<PadV2Attrs> = (backend, { x }, { paddings, constantValue }) => {
  if (paddings.some(([before, after]) => before < 0 || after < 0)) return undefined;
  const shape = x.shape.map((length, i) => length + paddings[i][0] + paddings[i][1]);
  const [from, to] = [stridesOf(x.shape), stridesOf(shape)];
  const axes = planStridedCopy(x.shape.map((size, i) => ({ size, x: from[i], y: to[i] })));
  return move(backend, x, shape, axes, { yOffset: paddings.reduce((sum, [before], i) => sum + before * to[i], 0), fill: constantValue });
};

export const movementKernels: NativeKernels = { Concat: concat, Slice: slice, Transpose: transpose, PadV2: pad };
