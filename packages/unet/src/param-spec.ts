import { leaves, randomNormals, randomUniforms, type Tensor, type Tree, tensorTree } from '@tract/tensor';

/** Initialisation of a parameter: all zeros, all ones, uniform in (-bound, bound), or normal with standard deviation `spread`. */
export type ParamInit = 'zeros' | 'ones' | { readonly bound: number } | { readonly spread: number };

/** Shape and initialisation of one parameter. One that is not trained is kept and copied with the others, but has no gradient: it stays as it starts. */
export type ParamSpec = { readonly shape: readonly number[]; readonly init: ParamInit; readonly trained?: false };

/** Count the elements of one parameter. */
export const sizeOfSpec = (spec: ParamSpec): number => spec.shape.reduce((product, side) => product * side, 1);

/** Count the elements of all trained parameters of a specification tree. */
export const countParameters = (spec: Tree<ParamSpec>): number =>
  leaves<ParamSpec>(spec).reduce((count, [, leaf]) => count + (leaf.trained === false ? 0 : sizeOfSpec(leaf)), 0);

// Noise streams of a run have small numbers; the initialisation of parameters has its own.
const initStream = 0x696e6974;

/** Make fresh parameters for a specification tree. Leaf i is a function of (seed, i) alone: independent of backend and of the other leaves' sizes. */
export function initParams(spec: Tree<ParamSpec>, seed: number): Tree<Tensor> {
  let index = 0;
  return tensorTree(spec, (_, leaf) => startValues(leaf, seed, index++)) as Tree<Tensor>;
}

function startValues(spec: ParamSpec, seed: number, sample: number): Float32Array {
  const values = new Float32Array(sizeOfSpec(spec));
  const { init } = spec;
  if (init === 'ones') values.fill(1);
  if (typeof init === 'string') return values;
  const key = { seed, stream: initStream, step: 0, sample };
  if ('spread' in init) return randomNormals(key, values.length).map((value) => value * init.spread);
  const uniforms = randomUniforms(key, values.length);
  for (let i = 0; i < values.length; i++) values[i] = (2 * uniforms[i] - 1) * init.bound;
  return values;
}
