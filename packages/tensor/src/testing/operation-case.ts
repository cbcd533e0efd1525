import type { Tensor } from '@tensorflow/tfjs-core';
import type { Values } from './random-values.js';
import type { Array64 } from './reference/array64.js';

/** One operation at one set of shapes, with its float64 reference. */
export type OperationCase = {
  readonly name: string;
  readonly inputs: readonly (readonly number[] | { readonly shape: readonly number[]; readonly values: Values })[];
  readonly operation: (xs: readonly Tensor[]) => Tensor;
  readonly reference: (xs: readonly Array64[]) => Array64;
  /** Largest error of the values, relative to the largest value; and of the slopes, see `checkSlopes`. */
  readonly tolerance: number;
  /** Cause of the error that the tolerance allows. */
  readonly cause: string;
  /** False when only the values are to be checked. */
  readonly differentiable?: boolean;
};
