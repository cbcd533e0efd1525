import type { Pad } from '@tract/tensor';
import { result, type WebGpuKernel } from '../webgpu-kernel.js';
import { sumRows } from './sum-rows.js';
import { tiledProduct, tilesOf } from './tiled-product.js';

type Windows = { readonly stride: number; readonly pad: Pad };

const numbers = ['height', 'width', 'inputs', 'outHeight', 'outWidth', 'outputs', 'filterWidth', 'stride', 'top', 'left'].map(
  (name) => `${name}: i32`,
);

/** The numbers above: sizes of x [N,H,W,Ci], y [N,Ho,Wo,Co] and the windows. */
function sizes(x: readonly number[], filter: readonly number[], y: readonly number[], { stride, pad }: Windows): number[] {
  const [top, left] = typeof pad === 'number' ? [pad, pad] : pad;
  return [x[1], x[2], x[3], y[1], y[2], y[3], filter[1], stride, top, left];
}

/** `seen(pixel, k)`: what x has where output pixel `pixel` has filter element k = (row, column, input channel); 0 outside. */
const seen = `
fn seen(pixel: u32, k: u32) -> f32 {
  let channel = i32(k) % n.inputs;
  let tap = i32(k) / n.inputs;
  let place = i32(pixel) % (n.outHeight * n.outWidth);
  let row = place / n.outWidth * n.stride + tap / n.filterWidth - n.top;
  let column = place % n.outWidth * n.stride + tap % n.filterWidth - n.left;
  if (row < 0 || row >= n.height || column < 0 || column >= n.width) { return 0.0; }
  let image = i32(pixel) / (n.outHeight * n.outWidth);
  return x[((image * n.height + row) * n.width + column) * n.inputs + channel];
}`;

const forward = (bias: boolean, residual: boolean, relu: boolean) => {
  const value = `sum${bias ? ' + bias[column]' : ''}${residual ? ' + residual[row * n.columns + column]' : ''}`;
  return tiledProduct({
    name: 'convolution',
    inputs: ['x', 'weights', ...(bias ? ['bias'] : []), ...(residual ? ['residual'] : [])],
    numbers,
    factors: `${seen}
fn left(row: u32, k: u32, z: u32) -> f32 { return seen(row, k); }
fn right(k: u32, column: u32, z: u32) -> f32 { return weights[k * n.columns + column]; }`,
    value: relu ? `max(${value}, 0.0)` : value,
  });
};
const forwards = Array.from({ length: 8 }, (_, which) => forward((which & 1) > 0, (which & 2) > 0, (which & 4) > 0));

const convolve =
  (relu: boolean): WebGpuKernel<Windows> =>
  (backend, { x, filter, bias, residual }, windows) => {
    const [kh, kw, inputs, outputs] = filter.shape;
    const [vertical, horizontal] = typeof windows.pad === 'number' ? [windows.pad, windows.pad] : windows.pad;
    const length = (size: number, pad: number, k: number): number => Math.floor((size + 2 * pad - k) / windows.stride) + 1;
    const y = result(backend, [x.shape[0], length(x.shape[1], vertical, kh), length(x.shape[2], horizontal, kw), outputs]);
    const rows = y.shape[0] * y.shape[1] * y.shape[2];
    backend.dispatch(forwards[(bias ? 1 : 0) + (residual ? 2 : 0) + (relu ? 4 : 0)], {
      inputs: [x, filter, ...(bias ? [bias] : []), ...(residual ? [residual] : [])],
      outputs: [y],
      numbers: [rows, outputs, kh * kw * inputs, 0, ...sizes(x.shape, filter.shape, y.shape, windows)],
      groups: tilesOf(rows, outputs),
    });
    return y;
  };

export const conv2d = convolve(false);
export const conv2dRelu = convolve(true);

/** Rows are pixels of x; k = (filter row, filter column, output channel) of the windows that saw them. */
const inputGradient = tiledProduct({
  name: 'convolution-input-gradient',
  inputs: ['dy', 'weights'],
  numbers,
  factors: `
fn left(pixel: u32, k: u32, z: u32) -> f32 {
  let tap = i32(k) / n.outputs;
  let place = i32(pixel) % (n.height * n.width);
  let row = place / n.width + n.top - tap / n.filterWidth;
  let column = place % n.width + n.left - tap % n.filterWidth;
  if (row < 0 || column < 0 || row % n.stride != 0 || column % n.stride != 0) { return 0.0; }
  if (row / n.stride >= n.outHeight || column / n.stride >= n.outWidth) { return 0.0; }
  let image = i32(pixel) / (n.height * n.width);
  return dy[((image * n.outHeight + row / n.stride) * n.outWidth + column / n.stride) * n.outputs + i32(k) % n.outputs];
}
fn right(k: u32, column: u32, z: u32) -> f32 {
  return weights[(i32(k) / n.outputs * n.inputs + i32(column)) * n.outputs + i32(k) % n.outputs];
}`,
});

export const conv2dInputGrad: WebGpuKernel<Windows & { inputShape: number[] }> = (backend, { dy, filter }, { inputShape, ...windows }) => {
  const dx = result(backend, inputShape);
  const [samples, height, width, inputs] = inputShape;
  const rows = samples * height * width;
  backend.dispatch(inputGradient, {
    inputs: [dy, filter],
    outputs: [dx],
    numbers: [rows, inputs, filter.shape[0] * filter.shape[1] * filter.shape[3], 0, ...sizes(inputShape, filter.shape, dy.shape, windows)],
    groups: tilesOf(rows, inputs),
  });
  return dx;
};

/** Rows are elements of the filter, k is the output pixel; the pixels are cut into chunks that are added up after. */
const filterGradient = tiledProduct({
  name: 'convolution-filter-gradient',
  inputs: ['x', 'dy'],
  numbers,
  factors: `${seen}
fn left(row: u32, k: u32, z: u32) -> f32 { return seen(k, row); }
fn right(k: u32, column: u32, z: u32) -> f32 { return dy[k * n.columns + column]; }`,
});
const pixelsPerChunk = 256;

export const conv2dFilterGrad: WebGpuKernel<Windows & { filterShape: number[] }> = (backend, { x, dy }, { filterShape, ...windows }) => {
  const [kh, kw, inputs, outputs] = filterShape;
  const pixels = dy.shape[0] * dy.shape[1] * dy.shape[2];
  const chunks = Math.ceil(pixels / pixelsPerChunk);
  const parts = result(backend, [chunks, ...filterShape]);
  backend.dispatch(filterGradient, {
    inputs: [x, dy],
    outputs: [parts],
    numbers: [kh * kw * inputs, outputs, pixels, pixelsPerChunk, ...sizes(x.shape, filterShape, dy.shape, windows)],
    groups: tilesOf(kh * kw * inputs, outputs, chunks),
  });
  const dFilter = sumRows(backend, parts, filterShape);
  backend.disposeData(parts.dataId);
  return [dFilter, sumRows(backend, dy, [outputs])];
};
