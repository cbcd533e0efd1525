import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * Nested records and arrays with leaves T. An absent branch is `undefined` and is passed over.
 *
 * A leaf is known by its value, not by the type: anything that is neither an array nor a plain record, and any
 * record with a `shape` (a description of a tensor stands where the tensor will stand). So no branch may be called `shape`.
 */
export type Tree<T> = T | readonly (Tree<T> | undefined)[] | { readonly [name: string]: Tree<T> | undefined };

/** The same tree with leaves U in place of tensors. */
export type TreeWith<P, U> = P extends Tensor | undefined ? U : { [K in keyof P]: TreeWith<P[K], U> };

type Branch = Readonly<Record<string, unknown>>;

export function isBranch(value: unknown): value is Branch {
  if (typeof value !== 'object' || value === null || (value as Branch).shape !== undefined) return false;
  if (Array.isArray(value)) return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

const pathTo = (parent: string, name: string): string => (parent === '' ? name : `${parent}.${name}`);

function collect(value: unknown, path: string, found: [string, unknown][]): void {
  if (value === undefined) return;
  if (!isBranch(value)) {
    found.push([path, value]);
    return;
  }
  for (const name of Object.keys(value)) collect(value[name], pathTo(path, name), found);
}

/**
 * All leaves with their paths ('down.1.conv.kernel'), in the order in which the tree was written. The root of a tree that is
 * itself a leaf has path ''.
 */
export function leaves<P extends Tree<Tensor>>(tree: P): [path: string, leaf: Tensor][];
export function leaves<T>(tree: Tree<T>): [path: string, leaf: T][];
export function leaves(tree: unknown): [path: string, leaf: unknown][] {
  const found: [string, unknown][] = [];
  collect(tree, '', found);
  return found;
}

// The walks below put no paths together, which is what `leaves` of a network's parameters costs most in.

/** Return the leaves of a tree of tensors, in the order of `leaves`. */
export function leafTensors(tree: unknown): Tensor[] {
  const found: Tensor[] = [];
  collectLeaves(tree, found);
  return found;
}

function collectLeaves(value: unknown, found: unknown[]): void {
  if (value === undefined) return;
  if (isBranch(value)) for (const name in value) collectLeaves(value[name], found);
  else found.push(value);
}

/** Return a tree of the form of `like` with these leaves, in the order of `leaves`. */
export function withLeaves<T>(like: Tree<unknown>, leaves: readonly T[]): Tree<T> {
  let next = 0;
  const build = (value: unknown): unknown => {
    if (value === undefined) return undefined;
    if (!isBranch(value)) return leaves[next++];
    if (Array.isArray(value)) return value.map(build);
    const tree: Record<string, unknown> = {};
    for (const name in value) tree[name] = build(value[name]);
    return tree;
  };
  return build(like) as Tree<T>;
}

function rebuild(value: unknown, path: string, fn: (leaf: unknown, path: string) => unknown): unknown {
  if (value === undefined) return undefined;
  if (!isBranch(value)) return fn(value, path);
  if (Array.isArray(value)) return value.map((child, i) => rebuild(child, pathTo(path, String(i)), fn));
  return Object.fromEntries(Object.keys(value).map((name) => [name, rebuild(value[name], pathTo(path, name), fn)]));
}

/** Make a tree of the same form whose leaves are `fn(leaf, path)`. */
export function mapTree<P extends Tree<Tensor>>(tree: P, fn: (leaf: Tensor, path: string) => Tensor): P;
export function mapTree<P extends Tree<Tensor>, U>(tree: P, fn: (leaf: Tensor, path: string) => U): TreeWith<P, U>;
export function mapTree<T, U>(tree: Tree<T>, fn: (leaf: T, path: string) => U): Tree<U>;
export function mapTree(tree: unknown, fn: (leaf: never, path: string) => unknown): unknown {
  return rebuild(tree, '', fn as (leaf: unknown, path: string) => unknown);
}

/**
 * Walk two trees of the same form together: leaves become `fn(leafOfA, leafOfB, path)`.
 * @throws RangeError when the trees differ in form.
 */
export function zipTree<P extends Tree<Tensor>>(a: P, b: P, fn: (a: Tensor, b: Tensor, path: string) => Tensor): P;
export function zipTree<T, U, V>(a: Tree<T>, b: Tree<U>, fn: (a: T, b: U, path: string) => V): Tree<V>;
export function zipTree(a: unknown, b: unknown, fn: (a: never, b: never, path: string) => unknown): unknown {
  const others = new Map(leaves<unknown>(b as Tree<unknown>));
  const count = leaves<unknown>(a as Tree<unknown>).length;
  if (others.size !== count) throw new RangeError(`zipTree: the trees differ in form: ${count} leaves against ${others.size}`);
  return rebuild(a, '', (leaf, path) => {
    if (!others.has(path)) throw new RangeError(`zipTree: the trees differ in form: the second has no leaf '${path}'`);
    return (fn as (a: unknown, b: unknown, path: string) => unknown)(leaf, others.get(path), path);
  });
}

/**
 * Build a tree of the form of `like` from entries (path, leaf), as `leaves` gives them, in any order.
 * @throws RangeError when a path is missing, unknown or given twice.
 */
export function treeFromLeaves<P extends Tree<Tensor>>(entries: Iterable<readonly [path: string, leaf: Tensor]>, like: P): P;
export function treeFromLeaves<T, U>(entries: Iterable<readonly [path: string, leaf: T]>, like: Tree<U>): Tree<T>;
export function treeFromLeaves(entries: Iterable<readonly [string, unknown]>, like: unknown): unknown {
  const given = new Map<string, unknown>();
  for (const [path, leaf] of entries) {
    if (given.has(path)) throw new RangeError(`treeFromLeaves: leaf '${path}' is given twice`);
    given.set(path, leaf);
  }
  const tree = rebuild(like, '', (_, path) => {
    if (!given.has(path)) throw new RangeError(`treeFromLeaves: leaf '${path}' is missing`);
    const leaf = given.get(path);
    given.delete(path);
    return leaf;
  });
  for (const path of given.keys()) throw new RangeError(`treeFromLeaves: there is no place for leaf '${path}'`);
  return tree;
}
