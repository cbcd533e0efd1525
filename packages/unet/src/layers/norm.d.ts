import { type Tensor } from '@tract/tensor';
import type { ParamSpec } from '../param-spec.js';
/** gamma [C], beta [C]. */
export type Norm<T> = {
  readonly gamma: T;
  readonly beta: T;
};
export declare const normSpec: (channels: number) => Norm<ParamSpec>;
export type NormOptions = {
  readonly groups: number;
  readonly scaleShift?: Tensor;
  readonly silu?: boolean;
};
/** Group normalisation with eps 1e-5, then the embedding's scale and shift and SiLU when asked for. Shape kept. */
export declare const applyNorm: (params: Norm<Tensor>, x: Tensor, options: NormOptions) => Tensor;
//# sourceMappingURL=norm.d.ts.map
