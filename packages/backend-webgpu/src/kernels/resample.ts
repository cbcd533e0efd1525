import type { Shader } from '../shader.js';
import { result, sizeOf, type WebGpuKernel } from '../webgpu-kernel.js';

const threads = 64;

/** One thread for an element of y [N,H,W,C]; `height` counts the rows of all images. */
const resampling = (name: string, expression: string): Shader => ({
  name,
  inputs: ['x'],
  outputs: ['y'],
  numbers: ['count: u32', 'width: u32', 'channels: u32', 'factor: f32'],
  workgroup: [threads],
  code: `if (index >= n.count) { return; }
  let channel = index % n.channels;
  let column = index / n.channels % n.width;
  let row = index / n.channels / n.width;
  y[index] = n.factor * (${expression});`,
});

const doubling = resampling('upsample', 'x[(row / 2u * (n.width / 2u) + column / 2u) * n.channels + channel]');

const at = (dy: number, dx: number): string => `x[((2u * row + ${dy}u) * 2u * n.width + 2u * column + ${dx}u) * n.channels + channel]`;
const halving = resampling('downsample', `(${at(0, 0)} + ${at(0, 1)}) + (${at(1, 0)} + ${at(1, 1)})`);

const resample =
  (shader: Shader, factor: number): WebGpuKernel<{ scale: number }> =>
  (backend, { x }, { scale }) => {
    const [samples, height, width, channels] = x.shape;
    const y = result(backend, [samples, height * factor, width * factor, channels]);
    const count = sizeOf(y.shape);
    backend.dispatch(shader, {
      inputs: [x],
      outputs: [y],
      numbers: [count, width * factor, channels, scale],
      groups: Math.ceil(count / threads),
    });
    return y;
  };

export const upsample2x = resample(doubling, 2);
export const downsample2x = resample(halving, 0.5);
