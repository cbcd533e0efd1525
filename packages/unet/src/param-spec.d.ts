import { type Tensor, type Tree } from '@tract/tensor';
/** How a parameter starts: all zeros, all ones, or uniform in (-bound, bound). */
export type ParamInit =
  | 'zeros'
  | 'ones'
  | {
      readonly bound: number;
    };
/** Shape and start of one parameter. */
export type ParamSpec = {
  readonly shape: readonly number[];
  readonly init: ParamInit;
};
/**
 * Variance scaling over the average of fan-in and fan-out, uniform: variance = scale / ((fanIn + fanOut) / 2), bound = sqrt(3 variance).
 * A scale of 1e-10 makes a layer start at almost nothing without stopping its gradient. Source: Glorot & Bengio 2010, scale as in flax.
 */
export declare const fanAverage: (fanIn: number, fanOut: number, scale?: number) => ParamInit;
/** Elements of one parameter. */
export declare const sizeOfSpec: (spec: ParamSpec) => number;
/** Elements of all parameters of a specification tree. */
export declare const countParameters: (spec: Tree<ParamSpec>) => number;
/** Fresh parameters for a specification tree. Leaf i is a function of (seed, i) alone: independent of backend and of the other leaves' sizes. */
export declare function initParams(spec: Tree<ParamSpec>, seed: number): Tree<Tensor>;
//# sourceMappingURL=param-spec.d.ts.map
