import { allFinite, allFiniteHalves, type NamedArray, toFloat32 } from '@tract/checkpoint';
import { leaves, mapTree, read, type Shape, type Tensor, type Tree, tensor, tensorTree } from '@tract/tensor';
import { ModelError } from './model-error.js';

type Shaped = { readonly shape: Shape };

/** Read a tree of tensors back to float32 arrays, named by leaf path. */
export async function downloadTree(tree: Tree<Tensor>): Promise<[string, NamedArray][]> {
  const arrays: [string, NamedArray][] = [];
  for (const [path, leaf] of leaves<Tensor>(tree)) arrays.push([path, { dtype: 'F32', shape: leaf.shape, data: await read(leaf) }]);
  return arrays;
}

/** Tell whether an array has half precision, which float32 holds exactly. */
export const isHalf = (array: NamedArray): array is NamedArray<'F16' | 'BF16'> => array.dtype === 'F16' || array.dtype === 'BF16';

/**
 * Check that the arrays are exactly those of a tree of float32 tensors, or of halves that become such, and finite.
 *
 * @param source file of the arrays, for messages.
 * @throws ModelError that names the file and the tensor.
 */
export function checkArrays(like: Tree<Shaped>, arrays: ReadonlyMap<string, NamedArray>, source: string): void {
  const expected = new Map(leaves<Shaped>(like));
  const fail = (fault: string) => new ModelError(`${source}: ${fault}`);
  for (const [name, { shape }] of expected) {
    const found = arrays.get(name);
    if (!found) throw fail(`tensor '${name}' is missing, the configuration describes a network that has it`);
    if (!isHalf(found) && found.dtype !== 'F32') throw fail(`tensor '${name}' must be F32, got ${found.dtype}; convert it to float32`);
    if (`${found.shape}` !== `${shape}`)
      throw fail(`tensor '${name}' must have shape [${shape}], got [${found.shape}]; do the weights belong to this configuration?`);
    if (!(isHalf(found) ? allFiniteHalves(found) : allFinite(found.data)))
      throw fail(`tensor '${name}' holds numbers that are not finite; get or train it again`);
  }
  for (const name of arrays.keys())
    if (!expected.has(name)) throw fail(`unknown tensor '${name}'; do the weights belong to this configuration?`);
}

/** Upload a tree of parameters from arrays that have been checked: one buffer where the backend can. The caller owns it. */
export const uploadStore = (like: Tree<Shaped>, arrays: ReadonlyMap<string, NamedArray>): Tree<Tensor> =>
  tensorTree(like, (path) => toFloat32(arrays.get(path)!));

/** Make tensors of the active backend in the form of `like`, found by leaf path, from arrays that have been checked. The caller owns them. */
export const uploadTree = <L extends Tree<Shaped>>(like: L, arrays: ReadonlyMap<string, NamedArray>): Tree<Tensor> =>
  mapTree<Shaped, Tensor>(like, (_, path) => {
    const array = arrays.get(path)!;
    return tensor(toFloat32(array), array.shape);
  });
