import { leaves, mapTree, randomUniforms, type Tensor, type Tree, tensor } from '@tract/tensor';

/** How a parameter starts: all zeros, all ones, or uniform in (-bound, bound). */
export type ParamInit = 'zeros' | 'ones' | { readonly bound: number };

/** Shape and start of one parameter. */
export type ParamSpec = { readonly shape: readonly number[]; readonly init: ParamInit };

/**
 * Variance scaling over the average of fan-in and fan-out, uniform: variance = scale / ((fanIn + fanOut) / 2), bound = sqrt(3 variance).
 * A scale of 1e-10 makes a layer start at almost nothing without stopping its gradient. Source: Glorot & Bengio 2010, scale as in flax.
 */
export const fanAverage = (fanIn: number, fanOut: number, scale = 1): ParamInit => ({ bound: Math.sqrt((6 * scale) / (fanIn + fanOut)) });

/** Elements of one parameter. */
export const sizeOfSpec = (spec: ParamSpec): number => spec.shape.reduce((product, side) => product * side, 1);

/** Elements of all parameters of a specification tree. */
export const countParameters = (spec: Tree<ParamSpec>): number =>
  leaves<ParamSpec>(spec).reduce((count, [, leaf]) => count + sizeOfSpec(leaf), 0);

// Noise streams of a run are told apart by small numbers; the start of parameters has its own.
const initStream = 0x696e6974;

/** Fresh parameters for a specification tree. Leaf i is a function of (seed, i) alone: independent of backend and of the other leaves' sizes. */
export function initParams(spec: Tree<ParamSpec>, seed: number): Tree<Tensor> {
  let index = 0;
  return mapTree<ParamSpec, Tensor>(spec, (leaf) => tensor(startValues(leaf, seed, index++), leaf.shape));
}

function startValues(spec: ParamSpec, seed: number, sample: number): Float32Array {
  const values = new Float32Array(sizeOfSpec(spec));
  const { init } = spec;
  if (init === 'ones') values.fill(1);
  if (typeof init === 'string') return values;
  const uniforms = randomUniforms({ seed, stream: initStream, step: 0, sample }, values.length);
  for (let i = 0; i < values.length; i++) values[i] = (2 * uniforms[i] - 1) * init.bound;
  return values;
}
