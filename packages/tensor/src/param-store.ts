import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { engine } from '@tract/tensor/core';
import { type Layout, layoutOf, type Shaped } from './layout.js';
import { type ProgramBackend, programBackend } from './program-backend.js';
import { sizeOf } from './shape.js';
import { clone, tensor, zeros } from './tensor.js';
import { isBranch, leafTensors, leaves, mapTree, type Tree, withLeaves } from './tree.js';

/** A tree of parameters that a backend has as one thing: all leaves are views of one buffer, or known together by one handle. */
export type ParamStore = {
  readonly layout: Layout;
  /** The whole as a vector: a buffer, or on WebGPU a handle on all leaves. */
  readonly flat: TensorInfo;
  readonly leaves: readonly Tensor[];
  /** Id of the first scope that was opened after the store was made. */
  readonly nextScope: number;
};

// A tree that is a store knows it by a property that copies of the tree (spread, rest) do not have: their leaves may be others.
const storeKey = Symbol('store');

/** Return the store that a tree is, undefined for a plain tree. */
export function storeOf(tree: unknown): ParamStore | undefined {
  return typeof tree === 'object' && tree !== null ? (tree as { [storeKey]?: ParamStore })[storeKey] : undefined;
}

/** A store, and the backend that has it. */
export type ActiveStore = { readonly store: ParamStore; readonly backend: ProgramBackend };

/** Return the store that a tree is, if the active backend has all of its leaves in one buffer. */
export function activeStore(tree: unknown): ActiveStore | undefined {
  const store = storeOf(tree);
  const backend = store && programBackend();
  return backend?.isStore(store!.flat) ? { store: store!, backend } : undefined;
}

/**
 * Return the live values of the buffer that a store's leaves are views of, for those who sum gradients over machines: what is written there, the leaves hold. Undefined for a
 * tree that is no store of the active backend, and for one on a device.
 */
export function storeFloats(tree: unknown): Float32Array | undefined {
  const active = activeStore(tree);
  return active?.backend.floats?.(active.store.flat);
}

function freeze(value: unknown): void {
  if (!isBranch(value)) return;
  for (const name in value) freeze(value[name]);
  Object.freeze(value);
}

/**
 * Make a store of zeros in the form of a tree, which is frozen so that the store stays true. Undefined where the active backend has no stores, and for a tree
 * that is a leaf itself or has an empty one.
 */
function newStore<P extends Tree<Shaped>>(like: P): (ActiveStore & { readonly tree: P }) | undefined {
  const backend = programBackend();
  if (backend === undefined || !isBranch(like)) return undefined;
  const layout = layoutOf(like);
  if (layout.floats === 0 || layout.shapes.some((shape) => sizeOf(shape) === 0)) return undefined;
  const e = engine();
  const { flat, leaves: infos } = backend.allocateStore(layout);
  const found = infos.map((info) => e.makeTensorFromTensorInfo(info));
  const tree = withLeaves(like, found) as P;
  const store: ParamStore = { layout, flat, leaves: found, nextScope: e.state.nextScopeId };
  Object.defineProperty(tree, storeKey, { value: store });
  freeze(tree);
  return { tree, store, backend };
}

/**
 * Upload a tree: leaf by leaf in the form of `like`, values in row-major order. On a backend that can (native, WebAssembly, WebGPU) the result is a
 * store, and the tree is frozen.
 *
 * @throws RangeError when a leaf's number of values does not match its shape.
 */
export function tensorTree<S extends Shaped>(like: Tree<S>, valuesOf: (path: string, leaf: S) => Float32Array): Tree<Tensor> {
  const made = newStore(like as Tree<Shaped>);
  if (made === undefined) return mapTree<S, Tensor>(like, (leaf, path) => tensor(valuesOf(path, leaf), leaf.shape));
  for (const [i, [path, leaf]] of leaves<S>(like).entries()) {
    const values = valuesOf(path, leaf);
    const place = made.backend.floats?.(made.store.leaves[i]);
    if (place?.length === values.length) place.set(values);
    else {
      const copy = tensor(values, leaf.shape);
      made.backend.copyInto(made.store.leaves[i], copy);
      copy.dispose();
    }
  }
  return made.tree as Tree<Tensor>;
}

/** Copy a tree to a store. Undefined as for `newStore`. @throws Error for a tree that has been freed. */
function copyToStore<P extends Tree<Tensor>>(tree: P): P | undefined {
  for (const [path, leaf] of leaves(tree))
    if (leaf.isDisposed) throw new Error(`a tree of parameters cannot be copied: '${path}' has been disposed`);
  const copy = newStore(tree);
  if (copy === undefined) return undefined;
  const given = activeStore(tree)?.store;
  if (given !== undefined) copy.backend.copyInto(copy.store.flat, given.flat);
  else for (const [i, leaf] of leafTensors(tree).entries()) copy.backend.copyInto(copy.store.leaves[i], leaf);
  return copy.tree;
}

/** Copy a tree of parameters. On a backend that can, the copy is a store. The original stays the caller's. */
export const copyTree = <P extends Tree<Tensor>>(tree: P): P => copyToStore(tree) ?? mapTree(tree, clone);

/**
 * Return a tree as a store: itself if it is one, else a copy; the tree itself where the active backend has no stores. CONSUMES the tree where the result is
 * another.
 */
export function asStore<P extends Tree<Tensor>>(tree: P): P {
  const store = activeStore(tree) === undefined ? copyToStore(tree) : undefined;
  if (store === undefined) return tree;
  for (const leaf of leafTensors(tree)) leaf.dispose();
  return store;
}

/** Make zeros in the form of a tree. On a backend that can, they are a store. */
export const zerosLike = <P extends Tree<Tensor>>(tree: P): P => newStore(tree)?.tree ?? mapTree(tree, (leaf) => zeros(leaf.shape));
