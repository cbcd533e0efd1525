import { elementwiseCases } from '../testing/cases/elementwise.js';
import { kernelCases } from '../testing/cases/kernels.js';
import { networkCases } from '../testing/cases/network.js';
import { shapeCases } from '../testing/cases/shape.js';
import type { OperationCase } from '../testing/operation-case.js';

export { measureOperation, type OperationErrors } from '../testing/measure-operation.js';
export type { OperationCase } from '../testing/operation-case.js';
export { type KernelKind, kernelKind, kernelsOf, type OperationKernels } from './kernels-of.js';

/** Every operation of the conformance suite, at all its shapes. */
export const operationCases: readonly OperationCase[] = [...elementwiseCases, ...shapeCases, ...networkCases, ...kernelCases];
