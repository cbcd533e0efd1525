import type { MaxAttrs, SoftmaxAttrs, SumAttrs, TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tract/tensor/core';
import type { NativeBackend } from '../backend.js';
import type { KernelsWith } from '../kernel-args.js';
import type { NativeKernel, NativeKernels } from '../native-kernel.js';

type Reduction = KernelsWith<'ReduceArgs'>;
type Run = { size: number; readonly reduced: boolean };

/** Join neighbouring axes of the same fate. */
function runsOf(shape: readonly number[], axes: readonly number[]): Run[] {
  const runs: Run[] = [];
  shape.forEach((size, i) => {
    if (size === 1) return;
    const reduced = axes.includes(i);
    const last = runs.at(-1);
    if (last?.reduced === reduced) last.size *= size;
    else runs.push({ size, reduced });
  });
  return runs;
}

const product = (runs: readonly Run[]): number => runs.reduce((size, run) => size * run.size, 1);

/** Reduce one run of axes after another, the last first, as [outer, reduced, inner]. */
function reduceRuns(backend: NativeBackend, kernel: Reduction, x: TensorInfo, runs: Run[], shape: readonly number[]): TensorInfo {
  const position = runs.findLastIndex(({ reduced }) => reduced);
  if (position < 0) return backend.launchOne(kernel, { x, y: shape, outer: 1, reduced: 1, inner: product(runs) });
  const rest = runs.toSpliced(position, 1);
  const done = !rest.some(({ reduced }) => reduced);
  const [outer, inner] = [product(runs.slice(0, position)), product(runs.slice(position + 1))];
  const part = backend.launchOne(kernel, { x, y: done ? shape : rest.map(({ size }) => size), outer, reduced: runs[position].size, inner });
  if (done) return part;
  const result = reduceRuns(backend, kernel, part, rest, shape);
  backend.disposeData(part.dataId);
  return result;
}

function reduce(backend: NativeBackend, kernel: Reduction, x: TensorInfo, axis: number | number[], keepDims: boolean): TensorInfo {
  const axes = util.parseAxisParam(axis, x.shape);
  const shape = keepDims ? x.shape.map((length, i) => (axes.includes(i) ? 1 : length)) : x.shape.filter((_, i) => !axes.includes(i));
  return reduceRuns(backend, kernel, x, runsOf(x.shape, axes), shape);
}

const summing =
  (kernel: Reduction): NativeKernel<SumAttrs> =>
  (backend, { x }, { axis, keepDims }) =>
    reduce(backend, kernel, x, axis, keepDims);

const max: NativeKernel<MaxAttrs> = (backend, { x }, { reductionIndices, keepDims }) =>
  reduce(backend, 'max', x, reductionIndices, keepDims);

const softmax: NativeKernel<SoftmaxAttrs> = (backend, { logits }, { dim }) => {
  const { shape } = logits;
  if (shape.length === 0 || (dim !== shape.length - 1 && dim !== -1)) return undefined;
  const columns = shape[shape.length - 1];
  return backend.launchOne('softmax', { x: logits, y: shape, rows: util.sizeFromShape(shape) / columns, columns });
};

export const reduceKernels: NativeKernels = { Sum: summing('sum'), Mean: summing('mean'), Max: max, Softmax: softmax };
