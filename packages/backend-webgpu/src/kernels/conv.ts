import type { Pad } from '@tract/tensor';
import { result, type WebGpuKernel } from '../webgpu-kernel.js';
import { sumRows } from './sum-rows.js';
import { tiledProduct, tilesOf } from './tiled-product.js';

type Windows = { readonly stride: number; readonly pad: Pad };

const padPair = (pad: Pad): readonly [number, number] => (typeof pad === 'number' ? [pad, pad] : pad);

const numbers = ['height', 'width', 'inputs', 'outHeight', 'outWidth', 'outputs', 'filterWidth', 'stride', 'top', 'left'].map(
  (name) => `${name}: i32`,
);

/** The numbers above: sizes of x [N,H,W,Ci], y [N,Ho,Wo,Co] and the windows. */
function sizes(x: readonly number[], filter: readonly number[], y: readonly number[], { stride, pad }: Windows): number[] {
  return [x[1], x[2], x[3], y[1], y[2], y[3], filter[1], stride, ...padPair(pad)];
}

/** Places as vec4i: (image, row, column, pixel) of a pixel, (row, column, channel, k) of element k of a filter with so many channels first. */
const places = `
fn pixelPlace(pixel: i32, height: i32, width: i32) -> vec4i {
  let place = pixel % (height * width);
  return vec4i(pixel / (height * width), place / width, place % width, pixel);
}
fn filterPlace(k: i32, channels: i32) -> vec4i {
  let tap = k / channels;
  return vec4i(tap / n.filterWidth, tap % n.filterWidth, k % channels, k);
}`;

/** `seen(pixel, filter)`: what x has where an output pixel has an element of the filter; 0 outside. */
const seen = `${places}
fn seen(pixel: vec4i, filterAt: vec4i) -> f32 {
  let row = pixel.y * n.stride + filterAt.x - n.top;
  let column = pixel.z * n.stride + filterAt.y - n.left;
  if (row < 0 || row >= n.height || column < 0 || column >= n.width) { return 0.0; }
  return x[((pixel.x * n.height + row) * n.width + column) * n.inputs + filterAt.z];
}`;

const forward = (bias: boolean, residual: boolean, relu: boolean) => {
  const value = `sum${bias ? ' + bias[column]' : ''}${residual ? ' + residual[row * n.columns + column]' : ''}`;
  return tiledProduct({
    name: 'convolution',
    inputs: ['x', 'weights', ...(bias ? ['bias'] : []), ...(residual ? ['residual'] : [])],
    numbers,
    factors: `${seen}
fn rowPlace(row: i32) -> vec4i { return pixelPlace(row, n.outHeight, n.outWidth); }
fn depthPlace(k: i32) -> vec4i { return filterPlace(k, n.inputs); }
fn left(row: vec4i, depth: vec4i, z: i32) -> f32 { return seen(row, depth); }
fn right(depth: vec4i, column: i32, z: i32) -> f32 { return weights[depth.w * n.columns + column]; }`,
    value: relu ? `max(${value}, 0.0)` : value,
  });
};
const forwards = Array.from({ length: 8 }, (_, which) => forward((which & 1) > 0, (which & 2) > 0, (which & 4) > 0));

const convolve =
  (relu: boolean): WebGpuKernel<Windows> =>
  (backend, { x, filter, bias, residual }, windows) => {
    const [kh, kw, inputs, outputs] = filter.shape;
    const [vertical, horizontal] = padPair(windows.pad);
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
  factors: `${places}
fn rowPlace(row: i32) -> vec4i { return pixelPlace(row, n.height, n.width); }
fn depthPlace(k: i32) -> vec4i { return filterPlace(k, n.outputs); }
fn left(pixel: vec4i, depth: vec4i, z: i32) -> f32 {
  var row = pixel.y + n.top - depth.x;
  var column = pixel.z + n.left - depth.y;
  if (row < 0 || column < 0) { return 0.0; }
  if (n.stride > 1) {
    if (row % n.stride != 0 || column % n.stride != 0) { return 0.0; }
    row /= n.stride;
    column /= n.stride;
  }
  if (row >= n.outHeight || column >= n.outWidth) { return 0.0; }
  return dy[((pixel.x * n.outHeight + row) * n.outWidth + column) * n.outputs + depth.z];
}
fn right(depth: vec4i, column: i32, z: i32) -> f32 {
  return weights[((depth.x * n.filterWidth + depth.y) * n.inputs + column) * n.outputs + depth.z];
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
fn rowPlace(row: i32) -> vec4i { return filterPlace(row, n.inputs); }
fn depthPlace(k: i32) -> vec4i { return pixelPlace(k, n.outHeight, n.outWidth); }
fn left(row: vec4i, depth: vec4i, z: i32) -> f32 { return seen(depth, row); }
fn right(depth: vec4i, column: i32, z: i32) -> f32 { return dy[depth.w * n.columns + column]; }`,
});
const pixelsPerChunk = 256;

export const conv2dFilterGrad: WebGpuKernel<Windows & { filterShape: number[] }> = (backend, { x, dy }, { filterShape, ...windows }) => {
  const [kh, kw, inputs, outputs] = filterShape;
  const pixels = dy.shape[0] * dy.shape[1] * dy.shape[2];
  const chunks = Math.ceil(pixels / pixelsPerChunk);
  const parts = result(backend, chunks === 1 ? filterShape : [chunks, ...filterShape]);
  backend.dispatch(filterGradient, {
    inputs: [x, dy],
    outputs: [parts],
    numbers: [kh * kw * inputs, outputs, pixels, pixelsPerChunk, ...sizes(x.shape, filterShape, dy.shape, windows)],
    groups: tilesOf(kh * kw * inputs, outputs, chunks),
  });
  const dBias = sumRows(backend, dy, [outputs]);
  if (chunks === 1) return [parts, dBias];
  const dFilter = sumRows(backend, parts, filterShape);
  backend.disposeData(parts.dataId);
  return [dFilter, dBias];
};
