import { engine, getKernel } from '@tract/tensor/core';
import { vjp } from '../gradient.js';
import { composedKernels } from '../kernels/index.js';
import { dispose } from '../scope.js';
import { inputsOf, upload, weightsOf } from '../testing/measure-operation.js';
import type { OperationCase } from '../testing/operation-case.js';

/** Names of the kernels that the active backend is asked for, in order. What a kernel has other kernels do counts as its own. */
function kernelsRunBy(work: () => void): string[] {
  const e = engine();
  const { runKernel } = e;
  const names: string[] = [];
  let depth = 0;
  e.runKernel = (name, ...rest) => {
    if (depth++ === 0) names.push(name);
    try {
      return runKernel.call(e, name, ...rest) as never;
    } finally {
      depth--;
    }
  };
  try {
    work();
  } finally {
    e.runKernel = runKernel;
  }
  return names;
}

/** The kernels of an operation on the active backend. */
export type OperationKernels = { readonly values: readonly string[]; readonly gradient: readonly string[] };

/** Return the kernels that the active backend computes a case with. */
export function kernelsOf(testCase: OperationCase): OperationKernels {
  const given = inputsOf(testCase);
  const xs = given.map(upload);
  const values = kernelsRunBy(() => dispose(testCase.operation(xs)));
  if (testCase.differentiable === false) {
    dispose(xs);
    return { values, gradient: [] };
  }
  const dy = upload(weightsOf(testCase, given));
  const both = kernelsRunBy(() => dispose(Object.values(vjp(testCase.operation, xs, dy))));
  dispose([xs, dy]);
  return { values, gradient: both.slice(values.length) };
}

/** Origin of a backend's kernel: ours for it, that of the backend it builds on, or composed of others. */
export type KernelKind = 'own' | 'stock' | 'composed';

/** @param stock the backend whose kernels it took over: 'cpu' for 'native', 'webgpu-stock' for 'webgpu', itself where ours were added to it. */
export function kernelKind(kernel: string, backend: string, stock: string): KernelKind {
  const { kernelFunc } = getKernel(kernel, backend);
  if (kernelFunc === composedKernels[kernel]) return 'composed';
  const isStock = !kernel.startsWith('Tract') && kernelFunc === getKernel(kernel, stock)?.kernelFunc;
  return isStock ? 'stock' : 'own';
}
