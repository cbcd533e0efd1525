import { type Tensor } from '@tract/tensor';
import { type ParamSpec } from '../param-spec.js';
/** kernel [k, k, cIn, cOut], bias [cOut]. */
export type Conv<T> = {
  readonly kernel: T;
  readonly bias: T;
};
export type ConvSize = {
  readonly size: number;
  readonly cIn: number;
  readonly cOut: number;
  readonly scale?: number;
};
export declare function convSpec({ size, cIn, cOut, scale }: ConvSize): Conv<ParamSpec>;
/** x [N, H, W, cIn] -> [N, H/stride, W/stride, cOut], plus `residual` of that shape; zeros around the image. */
export declare const applyConv: (
  params: Conv<Tensor>,
  x: Tensor,
  options?: {
    readonly stride?: number;
    readonly residual?: Tensor;
  },
) => Tensor;
//# sourceMappingURL=conv.d.ts.map
