import type { Tensor } from '@tensorflow/tfjs-core';
import { runMany } from './run.js';
import { dispose } from './scope.js';
import { sameShape, showShape } from './shape.js';
import { activeTape } from './tape.js';
import { isListed, leaves, leavesLike, listOf, type Tree, withLeaves } from './tree.js';

/** Parameters with Adam's two moments and, where wanted, one or two exponential moving averages; all of one form. */
export type AdamEmaState<P> = {
  readonly params: P;
  /** First moment. */
  readonly m: P;
  /** Second moment. */
  readonly v: P;
  /** Fast average: the network that makes targets. */
  readonly selfTeacher?: P;
  /** Slow average: the network that is sampled. */
  readonly ema?: P;
};

export type AdamEmaHyper = {
  readonly learningRate: number;
  /** 0.9 by default. */
  readonly beta1?: number;
  /** 0.999 by default. */
  readonly beta2?: number;
  /** Added to √v̂; 1e-8 by default. */
  readonly epsilon?: number;
  /** Number of this update, from 1 on: corrects the bias of the moments. */
  readonly step: number;
  /** Largest norm of all gradients together; 0 (default) for no limit. */
  readonly clipNorm?: number;
  /** Rate a of selfTeacher += (params - selfTeacher)·a. Needed with `selfTeacher`. */
  readonly selfRate?: number;
  /** Rate a of ema += (params - ema)·a. Needed with `ema`. */
  readonly emaRate?: number;
};

/** What the kernel gets beside the tensors: the numbers of an update, and how many parameters there are. */
export type AdamEmaAttributes = Required<Omit<AdamEmaHyper, 'selfRate' | 'emaRate'>> &
  Pick<AdamEmaHyper, 'selfRate' | 'emaRate'> & { readonly count: number };

export type AdamEmaPart = 'params' | 'grads' | 'm' | 'v' | 'selfTeacher' | 'ema';

/** What the kernel gets for each parameter in turn; the averages only where they have a rate. */
export const adamEmaParts = ({ selfRate, emaRate }: Pick<AdamEmaHyper, 'selfRate' | 'emaRate'>): AdamEmaPart[] => [
  ...(['params', 'grads', 'm', 'v'] as const),
  ...(selfRate === undefined ? [] : (['selfTeacher'] as const)),
  ...(emaRate === undefined ? [] : (['ema'] as const)),
];

/** The state after an update, and the scalar norm of the gradients before clipping. As any result, both belong to the enclosing scope, or to the caller. */
export type AdamEmaResult<P> = { readonly state: AdamEmaState<P>; readonly gradientNorm: Tensor };

function checkHyper(state: AdamEmaState<unknown>, hyper: AdamEmaHyper): void {
  if (!Number.isInteger(hyper.step) || hyper.step < 1) throw new RangeError(`adamEma: step counts from 1, got ${hyper.step}`);
  for (const [part, rate] of [
    ['selfTeacher', 'selfRate'],
    ['ema', 'emaRate'],
  ] as const) {
    if ((state[part] === undefined) !== (hyper[rate] === undefined)) {
      throw new RangeError(`adamEma: '${part}' in the state and '${rate}' in the numbers must be given together`);
    }
  }
  if (activeTape() !== undefined) throw new Error('adamEma: cannot run inside a function that is being differentiated');
}

const stateParts = ['params', 'm', 'v', 'selfTeacher', 'ema'] as const;

/** The tensors of a state, a list for each of its parts, and what the kernel gets for it and its gradients. */
type Prepared = {
  readonly state: AdamEmaState<unknown>;
  readonly grads: unknown;
  readonly lists: readonly (readonly Tensor[])[];
  readonly inputs: readonly Tensor[];
};

// Of states that were updated in place and their gradients, what the update before this one found out. By the parameters' tree.
const prepared = new WeakMap<object, Prepared>();

function prepare<P extends Tree<Tensor>>(state: AdamEmaState<P>, grads: P): Prepared {
  const before = prepared.get(state.params);
  const known = before !== undefined && stateParts.every((part) => before.state[part] === state[part]) ? before : undefined;
  if (known?.grads === grads && Object.isFrozen(known.inputs)) return known;
  const lists = known?.lists ?? tensorsOf(state);
  const gradients = leavesOf('grads', grads, state.params, lists[0]);
  const inputs: Tensor[] = [];
  const [params, ...others] = lists;
  for (const [i, param] of params.entries()) {
    inputs.push(param, gradients[i]);
    for (const list of others) inputs.push(list[i]);
  }
  // Gradients that are kept from step to step are frozen, as the trees of the state are; others are not met again.
  if (isListed(grads)) Object.freeze(inputs);
  return { state, grads, lists, inputs };
}

/** @throws RangeError when forms or shapes differ, or one tensor stands in two places. */
function tensorsOf<P extends Tree<Tensor>>(state: AdamEmaState<P>): (readonly Tensor[])[] {
  const params = listOf(state.params);
  const lists = stateParts.flatMap((part) => (state[part] === undefined ? [] : [leavesOf(part, state[part], state.params, params)]));
  // An update in place would reach both, so it is the data that must differ, not only the handle.
  const data = new Set(lists.flat().map(({ dataId }) => dataId));
  if (data.size !== lists.length * params.length) {
    throw new RangeError('adamEma: one tensor stands in two places of the state; start averages from copies (clone)');
  }
  for (const part of stateParts) if (state[part] !== undefined) listOf(state[part]); // frozen, so that the lists stay true
  return lists;
}

/** The leaves of a tree that must be of the parameters' form and shapes, in their order. */
function leavesOf<P extends Tree<Tensor>>(part: string, tree: P, like: P, params: readonly Tensor[]): Tensor[] {
  const found = leavesLike(like, tree);
  if (found?.every(({ shape }, i) => sameShape(shape, params[i].shape))) return found;
  const [given, expected] = [leaves(tree), leaves(like)];
  if (given.length !== expected.length)
    throw new RangeError(`adamEma: '${part}' has ${given.length} leaves, the parameters ${expected.length}`);
  const describe = ([path, leaf]: [string, Tensor]): string => `${path} ${showShape(leaf.shape)}`;
  const at = given.findIndex((entry, i) => describe(entry) !== describe(expected[i]));
  throw new RangeError(`adamEma: '${part}' has ${describe(given[at])} where the parameters have ${describe(expected[at])}`);
}

/**
 * One update of everything that training moves, in one kernel: norm = √(sum g²) over all gradients; g *= min(1, clipNorm/(norm + 1e-6));
 * Adam (Kingma & Ba 2015) on the parameters; then both averages follow the new parameters.
 *
 * CONSUMES the old state: a backend may write the new values into its tensors, and the new state then has the old one's; else they are freed.
 * The gradients stay the caller's. The trees of the state are frozen: what they are made of is found out once.
 * @throws RangeError when forms, shapes or numbers do not fit.
 */
export function adamEma<P extends Tree<Tensor>>(state: AdamEmaState<P>, grads: P, hyper: AdamEmaHyper): AdamEmaResult<P> {
  checkHyper(state, hyper);
  const { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, step, clipNorm = 0 } = hyper;
  const { selfRate, emaRate } = hyper;
  const found = prepare(state, grads);
  const { lists, inputs } = found;
  const attributes: AdamEmaAttributes = {
    ...{ count: lists[0].length, learningRate, beta1, beta2, epsilon, step, clipNorm },
    ...(selfRate !== undefined && { selfRate }),
    ...(emaRate !== undefined && { emaRate }),
  };
  const [gradientNorm, ...updated] = runMany('TractAdamEma', inputs, attributes);
  if (updated.length === 0) {
    if (prepared.get(state.params) !== found) prepared.set(state.params, found);
    return { state, gradientNorm };
  }
  dispose(lists);
  return { state: scatter(state, updated), gradientNorm };
}

function scatter<P extends Tree<Tensor>>(state: AdamEmaState<P>, updated: readonly Tensor[]): AdamEmaState<P> {
  const parts = stateParts.filter((part) => state[part] !== undefined);
  const tree = (offset: number): P =>
    withLeaves(
      state.params,
      updated.filter((_, i) => i % parts.length === offset),
    );
  return Object.fromEntries(parts.map((part, offset) => [part, tree(offset)])) as AdamEmaState<P>;
}
