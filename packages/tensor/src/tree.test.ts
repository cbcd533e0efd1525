import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, expect, expectTypeOf, test } from 'vitest';
import { dispose, leaves, mapTree, type Tensor, type Tree, treeFromLeaves, useBackend, zeros, zipTree } from './index.js';

beforeAll(() => useBackend('cpu'));

type Spec = { readonly shape: readonly number[]; readonly init: string };
const spec: { down: readonly { conv: { kernel: Spec; bias: Spec } }[]; last: Spec } = {
  down: [{ conv: { kernel: { shape: [3, 3, 1, 2], init: 'he' }, bias: { shape: [2], init: 'zero' } } }],
  last: { shape: [], init: 'zero' },
};

test('leaves come with their paths in writing order; whatever has a shape is a leaf', () => {
  const found = leaves<Spec>(spec);
  expect(found.map(([path]) => path)).toEqual(['down.0.conv.kernel', 'down.0.conv.bias', 'last']);
  expect(found[1][1].init).toBe('zero');
});

test('a tree of descriptions becomes a tree of tensors, and keeps its type from there on', () => {
  const params = mapTree<Spec, Tensor>(spec, ({ shape }) => zeros(shape));
  expect(leaves<Tensor>(params).map(([, leaf]) => leaf.shape)).toEqual([[3, 3, 1, 2], [2], []]);
  const typed = { a: zeros([2]), list: [{ b: zeros([3]), absent: undefined as Tensor | undefined }] };
  const doubled = mapTree(typed, (leaf) => zeros([2 * leaf.size]));
  expectTypeOf(doubled).toEqualTypeOf(typed);
  const sizes = mapTree(doubled, (leaf) => leaf.size);
  expectTypeOf(sizes.list[0].b).toEqualTypeOf<number>();
  expect(sizes).toEqual({ a: 4, list: [{ b: 6, absent: undefined }] });
  dispose([params, typed, doubled]);
});

test('a generic tree of tensors passes through', () => {
  const same = <P extends Tree<Tensor>>(params: P): P => mapTree(params, (leaf) => leaf);
  const x = { w: zeros([1]) };
  expectTypeOf(same(x)).toEqualTypeOf<{ w: Tensor }>();
  expect(same(x).w).toBe(x.w);
  dispose(x);
});

test('two trees of one form are walked together; others are refused', () => {
  const a: Tree<number> = { x: 1, y: [2, 3] };
  const b: Tree<number> = { y: [20, 30], x: 10 };
  expect(zipTree<number, number, number>(a, b, (p, q) => p + q)).toEqual({ x: 11, y: [22, 33] });
  expect(() => zipTree<number, number, number>(a, { x: 1, y: [2] }, (p) => p)).toThrow(/differ in form/);
  expect(() => zipTree<number, number, number>(a, { x: 1, z: [2, 3] }, (p) => p)).toThrow(/no leaf 'y\.0'/);
});

test('a tree is rebuilt from its leaves in any order; missing, doubled and unknown leaves are refused', () => {
  const like: Tree<number> = { x: 1, y: [2, 3] };
  const entries = leaves<number>(like).map(([path, leaf]) => [path, `#${leaf}`] as const);
  expect(treeFromLeaves<string, number>(entries.toReversed(), like)).toEqual({ x: '#1', y: ['#2', '#3'] });
  expect(() => treeFromLeaves<string, number>(entries.slice(1), like)).toThrow(/leaf 'x' is missing/);
  expect(() => treeFromLeaves<string, number>([...entries, entries[0]], like)).toThrow(/given twice/);
  expect(() => treeFromLeaves<string, number>([...entries, ['z', '']], like)).toThrow(/no place for leaf 'z'/);
});
