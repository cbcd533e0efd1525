import type { KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { composedKernel } from '@tract/tensor';
import { getKernel, getKernelsForBackend, registerKernel } from '@tract/tensor/core';
import type { NativeBackend } from './backend.js';
import { observed } from './kernel-observer.js';

/** Inputs by name; optional ones may be missing. All are float32 and not empty. */
export type KernelInputs = Readonly<Record<string, TensorInfo>>;
type KernelAttributes = Readonly<Record<string, unknown>>;

/** A kernel of this backend. It declines a case that it does not cover by returning undefined; the fallback then does the work. */
export type NativeKernel<A = KernelAttributes> = (
  backend: NativeBackend,
  inputs: KernelInputs,
  attributes: A,
) => TensorInfo | TensorInfo[] | undefined;

/** Kernels by the name under which tfjs or the tensor package asks for them. */
export type NativeKernels = Readonly<Record<string, NativeKernel<never>>>;

const isEmpty = ({ shape }: TensorInfo): boolean => shape.includes(0);

/** Return what else can do the kernel's work: the composed reference of a fused kernel, or the stock CPU kernel. */
function fallbackOf(kernelName: string): KernelFunc {
  return kernelName.startsWith('Tract') ? composedKernel(kernelName) : getKernel(kernelName, 'cpu').kernelFunc;
}

/** Return true if all inputs are such as kernels take. */
function isSupported(inputs: KernelInputs): boolean {
  for (const name in inputs) {
    const input = inputs[name];
    if (input != null && (input.dtype !== 'float32' || isEmpty(input))) return false;
  }
  return true;
}

function configure(backendName: string, kernelName: string, kernel: NativeKernel): KernelConfig {
  const fallback = fallbackOf(kernelName);
  return {
    kernelName,
    backendName,
    kernelFunc: observed(kernelName, (args) => {
      const inputs = args.inputs as KernelInputs;
      if (!isSupported(inputs)) return fallback(args);
      return kernel(args.backend as NativeBackend, inputs, (args.attrs ?? {}) as KernelAttributes) ?? fallback(args);
    }),
  };
}

// Stock kernels that only give a tensor another name or shape.
const withoutNumbers = new Set(['Identity', 'Reshape', 'ExpandDims', 'Cast']);

/** Register the stock CPU kernels for a backend, with those names left out. While a function is traced they refuse by name. */
export function registerStockKernels(backendName: string, replaced: readonly string[]): void {
  for (const { kernelName, kernelFunc } of getKernelsForBackend('cpu')) {
    if (replaced.includes(kernelName)) continue;
    const refusing: KernelFunc = (args) => {
      (args.backend as NativeBackend).refuseTrace(`'${kernelName}' has no native kernel`);
      return kernelFunc(args);
    };
    registerKernel({ kernelName, backendName, kernelFunc: withoutNumbers.has(kernelName) ? kernelFunc : refusing });
  }
}

/** Register kernels of a backend in the place of those that it has by these names. */
export function registerNativeKernels(backendName: string, kernels: NativeKernels): void {
  for (const [kernelName, kernel] of Object.entries(kernels)) registerKernel(configure(backendName, kernelName, kernel as NativeKernel));
}

/** Check a shape. @throws RangeError when a tensor that a kernel will read by these lengths has another shape. */
export function expectShape(kernel: string, input: string, { shape }: TensorInfo, expected: readonly number[]): void {
  if (shape.length !== expected.length || shape.some((length, i) => length !== expected[i])) {
    throw new RangeError(`${kernel}: '${input}' must have shape [${expected.join(',')}], got [${shape.join(',')}]`);
  }
}

/** Check a rank. @throws RangeError when the tensor's number of axes is another. */
export function expectRank(kernel: string, input: string, { shape }: TensorInfo, rank: number): void {
  if (shape.length !== rank) throw new RangeError(`${kernel}: '${input}' must have ${rank} axes, got shape [${shape.join(',')}]`);
}
