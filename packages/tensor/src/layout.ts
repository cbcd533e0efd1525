import { aligned } from './arena-plan.js';
import { type Shape, sizeOf } from './shape.js';
import { leaves, type Tree } from './tree.js';

/** Anything that says what shape a tensor has. */
export type Shaped = { readonly shape: Shape };

/** Places of a tree's leaves in one buffer; offsets in floats, multiples of 16. Equal layouts are one object. */
export type Layout = {
  readonly paths: readonly string[];
  readonly shapes: readonly Shape[];
  readonly offsets: readonly number[];
  /** Size of the buffer with the gaps between leaves, which hold zeros. */
  readonly floats: number;
};

const layouts = new Map<string, Layout>();

/** Return the layout of a tree, its leaves in the order of `leaves`. */
export function layoutOf(tree: Tree<Shaped>): Layout {
  const found = leaves<Shaped>(tree);
  const key = found.map(([path, { shape }]) => `${path}:${shape.join()}`).join();
  const known = layouts.get(key);
  if (known !== undefined) return known;
  let floats = 0;
  const offsets = found.map(([, { shape }]) => {
    const offset = floats;
    floats += aligned(sizeOf(shape));
    return offset;
  });
  const layout = { paths: found.map(([path]) => path), shapes: found.map(([, { shape }]) => [...shape]), offsets, floats };
  layouts.set(key, layout);
  return layout;
}
