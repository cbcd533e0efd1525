import type { ConcatAttrs, PadV2Attrs, SliceAttrs, TensorInfo, TransposeAttrs } from '@tensorflow/tfjs-core';
import { slice_util, util } from '@tract/tensor/core';
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

type Shape = readonly number[];

/** Walk of `move`: elements per axis (default: all of y), axes of x in y's order (default: the same), first indices in each (default: 0), value of the rest. */
type Walk = { readonly sizes?: Shape; readonly perm?: Shape; readonly begin?: Shape; readonly before?: Shape; readonly fill?: number };

/** Copy elements of x to a fresh tensor of shape y. Undefined where that takes too many loops. */
function move(backend: NativeBackend, x: TensorInfo, y: Shape, { sizes = y, perm, begin = [], before = [], fill }: Walk) {
  const [from, to] = [stridesOf(x.shape), stridesOf(y)];
  const axes = planStridedCopy(sizes.map((size, i) => ({ size, x: from[perm?.[i] ?? i], y: to[i] })));
  const [xOffset, yOffset] = [sumProducts(begin, from), sumProducts(before, to)];
  return axes && backend.launchOne('stridedCopy', { x, y, xOffset, yOffset, filled: fill !== undefined, fill: fill ?? 0, axes });
}

const sumProducts = (indices: Shape, strides: Shape): number => indices.reduce((sum, index, i) => sum + index * strides[i], 0);

/** Copy, always: the stock kernel's views would keep a large buffer alive for a small slice. */
const slice: NativeKernel<SliceAttrs> = (backend, { x }, attributes) => {
  const [begin, shape] = slice_util.parseSliceParams(x as never, attributes.begin, attributes.size);
  slice_util.assertParamsValid(x as never, begin, shape);
  return shape.includes(0) ? undefined : move(backend, x, shape, { begin });
};

const transpose: NativeKernel<TransposeAttrs> = (backend, { x }, { perm }) =>
  move(
    backend,
    x,
    perm.map((axis) => x.shape[axis]),
    { perm },
  );

const pad: NativeKernel<PadV2Attrs> = (backend, { x }, { paddings, constantValue: fill }) => {
  if (paddings.some(([before, after]) => before < 0 || after < 0)) return undefined;
  const shape = x.shape.map((length, i) => length + paddings[i][0] + paddings[i][1]);
  return move(backend, x, shape, { sizes: x.shape, before: paddings.map(([before]) => before), fill });
};

export const movementKernels: NativeKernels = { Concat: concat, Slice: slice, Transpose: transpose, PadV2: pad };
