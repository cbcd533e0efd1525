import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { composedKernel } from '@tract/tensor';
import { registerKernel } from '@tract/tensor/core';
import type { ShaderBackend } from './shader-backend.js';

type KernelInputs = Readonly<Record<string, TensorInfo>>;
/** A kernel of ours: queues its work and returns its results, or undefined for what it does not cover. `A` are its attributes. */
export type WebGpuKernel<A> = (backend: ShaderBackend, inputs: KernelInputs, attributes: A) => TensorInfo | TensorInfo[] | undefined;

export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);

/** An uninitialised result. */
export const result = (backend: ShaderBackend, shape: readonly number[]): TensorInfo => backend.makeTensorInfo([...shape], 'float32');

/** Numbers of a run that are too many for its uniform: a fresh tensor, to be disposed after the run. */
export const table = (backend: ShaderBackend, values: readonly number[]): TensorInfo =>
  backend.makeTensorInfo([values.length], 'float32', Float32Array.from(values));

/** Register a kernel of the backend 'webgpu'; where it declines, and for empty tensors, `fallback` does the work. */
export function registerWebGpuKernel<A>(
  kernelName: string,
  kernel: WebGpuKernel<A>,
  fallback: KernelFunc = composedKernel(kernelName),
): void {
  const kernelFunc: KernelFunc = (args) => {
    const inputs = args.inputs as KernelInputs;
    const covered = Object.values(inputs).every((input) => input === undefined || (input.dtype === 'float32' && sizeOf(input.shape) > 0));
    return (covered ? kernel(args.backend as ShaderBackend, inputs, args.attrs as A) : undefined) ?? fallback(args);
  };
  registerKernel({ kernelName, backendName: 'webgpu', kernelFunc });
}
