import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';

/** One finished call of a kernel. */
export type KernelCall = {
  readonly kernel: string;
  /** Shapes of the inputs by name; those that are absent are left out. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly outputs: readonly (readonly number[])[];
  /** The plain arguments, as the caller gave them. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly milliseconds: number;
};

export type KernelListener = (call: KernelCall) => void;

let listener: KernelListener | undefined;
let inside = false;

/**
 * Call `next` after each call of a kernel that this package registers, until it is called again, with undefined for no listener (which
 * costs nothing). What a kernel has other kernels do counts as its own.
 */
export function observeKernels(next: KernelListener | undefined): void {
  listener = next;
}

/** Return true if somebody wants to see the kernels, one by one. */
export const areKernelsObserved = (): boolean => listener !== undefined;

const shapesOf = (inputs: Readonly<Record<string, TensorInfo | null | undefined>>): Record<string, readonly number[]> =>
  Object.fromEntries(Object.entries(inputs).flatMap(([name, info]) => (info == null ? [] : [[name, info.shape]])));

/** Wrap a kernel's function so that it is seen by the listener of the moment. */
export function observed(kernel: string, work: KernelFunc): KernelFunc {
  return (args) => {
    const tell = listener;
    if (tell === undefined || inside) return work(args);
    inside = true;
    const inputs = shapesOf(args.inputs);
    try {
      const started = performance.now();
      const result = work(args);
      const milliseconds = performance.now() - started;
      const outputs = [result].flat().map(({ shape }) => shape);
      tell({ kernel, inputs, outputs, attributes: (args.attrs ?? {}) as KernelCall['attributes'], milliseconds });
      return result;
    } finally {
      inside = false;
    }
  };
}
