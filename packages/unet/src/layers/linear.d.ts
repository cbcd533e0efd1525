import { type Tensor } from '@tract/tensor';
import { type ParamSpec } from '../param-spec.js';
/** weight [cIn, cOut], bias [cOut]. */
export type Linear<T> = {
  readonly weight: T;
  readonly bias: T;
};
export type LinearSize = {
  readonly cIn: number;
  readonly cOut: number;
  readonly scale?: number;
};
export declare const linearSpec: ({ cIn, cOut, scale }: LinearSize) => Linear<ParamSpec>;
/** x [N, cIn] -> [N, cOut]. */
export declare const applyLinear: (params: Linear<Tensor>, x: Tensor) => Tensor;
//# sourceMappingURL=linear.d.ts.map
