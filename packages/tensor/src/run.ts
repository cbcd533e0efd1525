import type { NamedAttrMap, NamedTensorMap, Tensor } from '@tensorflow/tfjs-core';
import { engine } from '@tract/tensor/core';

/** Plain (non-tensor) arguments of a kernel. */
export type Attributes = Readonly<Record<string, unknown>>;
/** Tensor arguments of a kernel by name (an array counts as names '0', '1', ...). Absent inputs are left out, never `undefined`. */
export type Inputs = Readonly<Record<string, Tensor>> | readonly Tensor[];

let current: string | undefined;
const prepared = new Set<string>();

/** Tell the door that a backend has every kernel this package needs. Called by `ensureKernels`. */
export function markPrepared(backend: string): void {
  prepared.add(backend);
}

function checkPrepared(name: string | null): void {
  if (name === null || !prepared.has(name)) {
    throw new Error(
      `tensor: no backend has been prepared (active: ${name ?? 'none'}); call 'await useBackend(name)' before the first operation`,
    );
  }
  current = name;
}

/**
 * Run one kernel of the active backend that returns one tensor. This is the only door to the engine: no conversion, no
 * scope, no stock tape, which keeps the cost of an operation at a few microseconds.
 */
export function run(kernel: string, inputs: Inputs, attributes?: Attributes): Tensor {
  const e = engine();
  if (e.backendName !== current) checkPrepared(e.backendName);
  return e.runKernel<Tensor>(kernel, inputs as NamedTensorMap, attributes as NamedAttrMap);
}

/** Run one kernel of the active backend that returns several tensors. */
export function runMany(kernel: string, inputs: Inputs, attributes?: Attributes): Tensor[] {
  const e = engine();
  if (e.backendName !== current) checkPrepared(e.backendName);
  return e.runKernel<Tensor[]>(kernel, inputs as NamedTensorMap, attributes as NamedAttrMap);
}
