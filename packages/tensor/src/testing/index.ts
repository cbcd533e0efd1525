export { checkOperation } from './check-operation.js';
export { expectClose } from './closeness.js';
export { describeBackend } from './conformance.js';
export { checkGradient, type GradientCheckOptions } from './gradient-check.js';
export type { OperationCase } from './operation-case.js';
export { randomValues, type Values } from './random-values.js';
export { type Array64, array64 } from './reference/array64.js';
export { relativeError } from './relative-error.js';
