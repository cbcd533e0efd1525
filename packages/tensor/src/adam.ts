import type { Tensor } from '@tensorflow/tfjs-core';
import type { Layout } from './layout.js';
import { activeStore, asStore, copyTree, storeOf } from './param-store.js';
import { runMany } from './run.js';
import { dispose } from './scope.js';
import { sameShape, showShape } from './shape.js';
import { activeTape } from './tape.js';
import { leaves, type Tree, withLeaves } from './tree.js';

/** Parameters with Adam's two moments and any number of exponential moving averages; all of one form. No tensor stands in two trees. */
export type AdamState<P> = {
  readonly params: P;
  /** First moment. */
  readonly m: P;
  /** Second moment. */
  readonly v: P;
  /** Default: none. */
  readonly averages?: readonly P[];
};

/** Numbers of one update. */
export type AdamNumbers = {
  readonly learningRate: number;
  /** Decay of the first moment, in [0, 1). Default: 0.9. */
  readonly beta1?: number;
  /** Decay of the second moment, in [0, 1). Default: 0.999. */
  readonly beta2?: number;
  /** Added to √v̂. Default: 1e-8. */
  readonly epsilon?: number;
  /** Decoupled weight decay (AdamW): parameters are first multiplied by 1 − learningRate·weightDecay. Default: 0. */
  readonly weightDecay?: number;
  /** Number of this update, from 1 on: corrects the bias of the moments. */
  readonly step: number;
  /** Largest norm of all gradients together; 0 for no limit. Default: 0. */
  readonly clipNorm?: number;
  /** Rate a of average += (params − average)·a, one for each average. Default: none. */
  readonly averageRates?: readonly number[];
};

type UpdateNumbers = Required<Omit<AdamNumbers, 'step'>> & {
  /** What the moments fall short by: 1 − beta1^step and 1 − beta2^step. */
  readonly correction1: number;
  readonly correction2: number;
};

/** Attributes of the kernel `TractAdam`: the numbers, and how many leaves each tree has as inputs, or the layout of the one buffer that each is. */
export type AdamAttributes = UpdateNumbers & { readonly count: number; readonly layout?: Layout };

/** The state after an update, and the scalar norm of the gradients before clipping. Both belong to the enclosing scope, or to the caller. */
export type AdamResult<P> = { readonly state: AdamState<P>; readonly gradNorm: Tensor };

/**
 * Do one update of everything that training moves, in one kernel: norm = √(sum g²) over all gradients; g *= min(1, clipNorm/(norm + 1e-6));
 * Adam (Kingma & Ba 2015) or with `weightDecay` AdamW (Loshchilov & Hutter 2019) on the parameters; then each average follows the new parameters.
 *
 * CONSUMES the old state. Where the backend has stores the new state's trees are stores: those of the old state, which are written over unless somebody
 * else looks into their memory. The gradients stay the caller's.
 * @throws RangeError when forms, shapes or numbers do not fit.
 */
export function adam<P extends Tree<Tensor>>(state: AdamState<P>, grads: P, numbers: AdamNumbers): AdamResult<P> {
  const { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0, step, clipNorm = 0, averageRates = [] } = numbers;
  const { params, m, v, averages = [] } = state;
  checkNumbers({ step, averageRates, weightDecay }, averages.length);
  const corrections = { correction1: 1 - wholePower(beta1, step), correction2: 1 - wholePower(beta2, step) };
  const attributes = { learningRate, beta1, beta2, epsilon, weightDecay, ...corrections, clipNorm, averageRates };
  const trees = { params, m, v, ...Object.fromEntries(averages.map((tree, i) => [`averages.${i}`, tree])) };
  return updateStores(trees, grads, attributes) ?? updateLeaves(trees, grads, attributes);
}

type Trees<P> = { readonly params: P } & Readonly<Record<string, P>>;

function checkNumbers(
  { step, averageRates, weightDecay }: Required<Pick<AdamNumbers, 'step' | 'averageRates' | 'weightDecay'>>,
  averages: number,
): void {
  if (!Number.isInteger(step) || step < 1) throw new RangeError(`adam: step counts from 1, got ${step}`);
  if (averages !== averageRates.length)
    throw new RangeError(`adam: averageRates needs a rate for each of the ${averages} averages, got ${averageRates.length}`);
  if (!(weightDecay >= 0)) throw new RangeError(`adam: weightDecay must be ≥ 0, got ${weightDecay}`);
  if (activeTape() !== undefined) throw new Error('adam: cannot run inside a function that is being differentiated');
}

/** x^n by repeated multiplication: the bits of Math.pow and `**` are those of the engine, and a C++ library's its own. */
function wholePower(x: number, n: number): number {
  let product = 1;
  for (let [square, left] = [x, n]; left > 0; [square, left] = [square * square, Math.floor(left / 2)])
    if (left % 2 === 1) product *= square;
  return product;
}

const stateOf = <P>([params, m, v, ...averages]: readonly P[]): AdamState<P> => ({ params, m, v, averages });

/** @throws RangeError when one tensor's data stands twice: an update in place would reach both. */
function requireDistinct(data: readonly object[]): void {
  if (new Set(data).size !== data.length)
    throw new RangeError('adam: one tensor stands in two places of the state; start averages from copies (copyTree)');
}

/** Update one buffer per tree. Undefined where the active backend has no stores. */
function updateStores<P extends Tree<Tensor>>(trees: Trees<P>, grads: P, numbers: UpdateNumbers): AdamResult<P> | undefined {
  const params = owned(trees.params);
  const layout = activeStore(params)?.store.layout;
  if (layout === undefined) return undefined;
  const parts = Object.entries(trees).map(([name, tree]) => (tree === trees.params ? params : inLayout(name, tree, params, layout)));
  const stores = parts.map((tree) => owned(tree));
  const given = inLayout('grads', grads, params, layout);
  const gradStore = activeStore(given) ? given : copyTree(given);
  const flats = [stores[0], gradStore, ...stores.slice(1)].map((tree) => storeOf(tree)!.flat as Tensor);
  requireDistinct(flats.map(({ dataId }) => dataId));
  const [gradNorm] = runMany('TractAdam', flats, { ...numbers, count: 1, layout });
  if (gradStore !== given) dispose(gradStore);
  return { state: stateOf(stores), gradNorm };
}

/** Return a tree as a store that may be written over. Consumes the tree where the result is another. */
function owned<P extends Tree<Tensor>>(tree: P): P {
  const active = activeStore(tree);
  if (active === undefined) return asStore(tree);
  if (active.backend.isExclusive(active.store.flat)) return tree;
  const copy = copyTree(tree);
  dispose(tree);
  return copy;
}

/** Return the tree itself if it is a store of this layout, else one of the same leaves in its order. */
function inLayout<P extends Tree<Tensor>>(name: string, tree: P, like: P, layout: Layout): P {
  return activeStore(tree)?.store.layout === layout ? tree : (withLeaves(like, leavesOf(name, tree, like)) as P);
}

/** Return the leaves of a tree by the paths of another. @throws RangeError when forms or shapes differ. */
function leavesOf<P extends Tree<Tensor>>(name: string, tree: P, like: P): Tensor[] {
  const [given, expected] = [new Map(leaves(tree)), leaves(like)];
  if (given.size !== expected.length) throw new RangeError(`adam: '${name}' has ${given.size} leaves, the parameters ${expected.length}`);
  return expected.map(([path, { shape }]) => {
    const leaf = given.get(path);
    if (leaf !== undefined && sameShape(leaf.shape, shape)) return leaf;
    const found = leaf === undefined ? `no ${path}` : `${path} ${showShape(leaf.shape)}`;
    throw new RangeError(`adam: '${name}' has ${found} where the parameters have ${path} ${showShape(shape)}`);
  });
}

/** Update leaf by leaf, on a backend without stores. */
function updateLeaves<P extends Tree<Tensor>>(trees: Trees<P>, grads: P, numbers: UpdateNumbers): AdamResult<P> {
  const lists = Object.entries(trees).map(([name, tree]) => leavesOf(name, tree, trees.params));
  requireDistinct(lists.flat().map(({ dataId }) => dataId));
  const [params, ...others] = lists;
  const gradients = leavesOf('grads', grads, trees.params);
  const inputs = params.flatMap((param, i) => [param, gradients[i], ...others.map((list) => list[i])]);
  const [gradNorm, ...updated] = runMany('TractAdam', inputs, { ...numbers, count: params.length });
  if (updated.length === 0) return { state: stateOf(Object.values(trees)), gradNorm };
  dispose(lists);
  const tree = (part: number): P =>
    withLeaves(
      trees.params,
      updated.filter((_, i) => i % lists.length === part),
    ) as P;
  return { state: stateOf(lists.map((_, part) => tree(part))), gradNorm };
}
