import type { Tensor } from '@tensorflow/tfjs-core';
import { runMany } from './run.js';
import { sameShape, showShape } from './shape.js';
import { activeTape } from './tape.js';
import { leaves, mapTree, type Tree } from './tree.js';

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

/** What the kernel gets: the numbers of an update, and how many parameters there are. */
export type AdamEmaAttributes = Required<Omit<AdamEmaHyper, 'selfRate' | 'emaRate'>> &
  Pick<AdamEmaHyper, 'selfRate' | 'emaRate'> & { readonly count: number };

/** The state after an update, and the scalar norm of the gradients before clipping. As any result, both belong to the enclosing scope, or to the caller. */
export type AdamEmaResult<P> = { readonly state: AdamEmaState<P>; readonly gradientNorm: Tensor };

/** The parts of a state in the order in which the kernel takes and returns them, g aside. */
const PARTS = [
  ['p', 'params'],
  ['m', 'm'],
  ['v', 'v'],
  ['s', 'selfTeacher'],
  ['e', 'ema'],
] as const;

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

/** Inputs by kernel name ('p0', 'g0', ...), after checking that all trees have one form and that no tensor stands in two places. */
function gather<P extends Tree<Tensor>>(
  state: AdamEmaState<P>,
  grads: P,
): { inputs: Record<string, Tensor>; old: Tensor[]; count: number } {
  const paths = leaves(state.params);
  const inputs: Record<string, Tensor> = {};
  const old: Tensor[] = [];
  const put = (letter: string, part: string, tree: P): void => {
    const found = leaves(tree);
    if (found.length !== paths.length)
      throw new RangeError(`adamEma: '${part}' has ${found.length} leaves, the parameters ${paths.length}`);
    found.forEach(([path, leaf], i) => {
      if (path !== paths[i][0] || !sameShape(leaf.shape, paths[i][1].shape)) {
        throw new RangeError(
          `adamEma: '${part}' has ${path} ${showShape(leaf.shape)} where the parameters have ${paths[i][0]} ${showShape(paths[i][1].shape)}`,
        );
      }
      inputs[`${letter}${i}`] = leaf;
      if (letter === 'g') return;
      old.push(leaf);
    });
  };
  for (const [letter, part] of PARTS) {
    const tree = state[part];
    if (tree !== undefined) put(letter, part, tree);
  }
  put('g', 'grads', grads);
  // An update in place would reach both, so it is the data that must differ, not only the handle.
  if (new Set(old.map((leaf) => leaf.dataId)).size !== old.length) {
    throw new RangeError('adamEma: one tensor stands in two places of the state; start averages from copies (clone)');
  }
  return { inputs, old, count: paths.length };
}

/**
 * One update of everything that training moves, in one kernel: norm = √(sum g²) over all gradients; g *= min(1, clipNorm/(norm + 1e-6));
 * Adam (Kingma & Ba 2015) on the parameters; then both averages follow the new parameters.
 *
 * CONSUMES the old state: its tensors are freed, and a backend may have reused their memory for the new ones. The gradients stay the
 * caller's.
 * @throws RangeError when forms, shapes or numbers do not fit.
 */
export function adamEma<P extends Tree<Tensor>>(state: AdamEmaState<P>, grads: P, hyper: AdamEmaHyper): AdamEmaResult<P> {
  checkHyper(state, hyper);
  const { inputs, old, count } = gather(state, grads);
  const { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, step, clipNorm = 0 } = hyper;
  const { selfRate, emaRate } = hyper;
  const attributes: AdamEmaAttributes = {
    ...{ count, learningRate, beta1, beta2, epsilon, step, clipNorm },
    ...(selfRate !== undefined && { selfRate }),
    ...(emaRate !== undefined && { emaRate }),
  };
  const [gradientNorm, ...updated] = runMany('TractAdamEma', inputs, attributes);
  for (const tensor of old) tensor.dispose();
  return { state: scatter(state, updated), gradientNorm };
}

function scatter<P extends Tree<Tensor>>(state: AdamEmaState<P>, updated: readonly Tensor[]): AdamEmaState<P> {
  const parts = PARTS.map(([, part]) => part).filter((part) => state[part] !== undefined);
  const tree = (offset: number): P => {
    let leaf = 0;
    return mapTree(state.params, () => updated[leaf++ * parts.length + offset]);
  };
  return Object.fromEntries(parts.map((part, offset) => [part, tree(offset)])) as AdamEmaState<P>;
}
