import { fromPlace, type Places } from '@tract/convert';
import { leaves, type Tensor, type Tree, tensor, treeFromLeaves } from '@tract/tensor';
import type { ParamSpec } from '@tract/unet';
import { BrokenFile, type GoldenFile } from './golden-file.js';

/** One parameter of a golden file in our layout: its leaf path, and its name in the file without the prefix. */
export type NamedWeights = {
  readonly path: string;
  readonly name: string;
  readonly values: Float32Array;
  readonly shape: readonly number[];
};

/**
 * Return the parameters under `prefix` that are at these places, in leaf order.
 * @param options.partial true: those that the file has; false: all of them.
 * @param options.isBeside true for a name that the file may have beside the parameters. Default: none.
 * @throws BrokenFile when one is missing, of the wrong shape, or not the network's.
 */
export function weightsAt(
  file: GoldenFile,
  prefix: string,
  spec: Tree<ParamSpec>,
  places: Places,
  { partial, isBeside = () => false }: { readonly partial: boolean; readonly isBeside?: (name: string) => boolean },
): NamedWeights[] {
  const known = new Set([...places.values()].flatMap(({ names }) => names));
  const strange = file.under(prefix).find((name) => !known.has(name) && !isBeside(name));
  if (strange !== undefined) throw new BrokenFile(`'${prefix}${strange}' belongs to no parameter of the network in its metadata`);
  return leaves<ParamSpec>(spec)
    .map(([path, { shape }]) => ({ path, shape, place: places.get(path)! }))
    .filter(({ place }) => !partial || file.has(prefix + place.names[0]))
    .map(({ path, shape, place }) => {
      const [name] = place.names;
      const values = file.float32(prefix + name);
      if (file.shape(prefix + name).join() !== place.shape.join())
        throw new BrokenFile(`'${prefix}${name}' has shape [${file.shape(prefix + name)}], the network in its metadata [${place.shape}]`);
      return { path, name, values: fromPlace(place, [values]), shape };
    });
}

/** Make tensors of all parameters in the form of `spec`; the caller owns them. */
export const loadTree = (weights: readonly NamedWeights[], spec: Tree<ParamSpec>): unknown =>
  treeFromLeaves<Tensor, unknown>(
    weights.map(({ path, values, shape }) => [path, tensor(values, shape)] as const),
    spec,
  );
