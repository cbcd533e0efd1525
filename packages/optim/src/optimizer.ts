import { adam as adamUpdate, copyTree, type Tensor, type Tree, zerosLike } from '@tract/tensor';

/** Running means of the gradient (m) and of its square (v), in the form of the parameters. */
export type Moments<P> = { readonly m: P; readonly v: P };

/** Everything that an update changes, as a value. Each tree owns its tensors; no tensor stands in two of them. */
export type OptimizerState<P> = {
  /** Updates done since the moments were zero. */
  readonly updates: number;
  readonly params: P;
  readonly moments: Moments<P>;
  /** Exponential moving averages of the parameters. */
  readonly averages: readonly P[];
};

/** Numbers of one update. */
export type UpdateNumbers = {
  readonly learningRate: number;
  /** One for each average of the state; see `emaRate`. Default: none. */
  readonly averageRates?: readonly number[];
};

/** The state after an update, of the same form, and the scalar norm of the gradients before clipping. The caller owns both. */
export type Updated<P> = { readonly state: OptimizerState<P>; readonly gradNorm: Tensor };

/** A rule that makes an update of gradients. All that it remembers lies in the state. */
export type Optimizer = {
  /** Make the state before the first update: copies of the parameters as they are and for each average, and zero moments. The parameters stay the caller's. */
  init<P extends Tree<Tensor>>(params: P, averages?: number): OptimizerState<P>;
  /**
   * Clip the global norm, update the parameters, then move each average by its rate towards them: one fused kernel. Consumes the state, whose tensors are
   * updated in place or freed. The gradients stay the caller's.
   * @throws RangeError when trees differ in form, or averages and rates in number.
   */
  update<P extends Tree<Tensor>>(state: OptimizerState<P>, grads: P, numbers: UpdateNumbers): Updated<P>;
};

export type AdamOptions = {
  /** Decay of the mean of gradients, in [0, 1). Default: 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of squares, in [0, 1). Default: 0.999. */
  readonly beta2?: number;
  /** Added to the root of the mean of squares, > 0. Default: 1e-8. */
  readonly epsilon?: number;
  /** Decoupled weight decay: parameters are first multiplied by 1 − learningRate·weightDecay, ≥ 0. Default: 0. */
  readonly weightDecay?: number;
  /** Largest norm of all gradients together; 0 for no limit. Default: 0. */
  readonly clipNorm?: number;
};

/**
 * Adam (Kingma & Ba 2015), bias-corrected; with `weightDecay` AdamW (Loshchilov & Hutter 2019).
 *
 * @throws RangeError when an option is out of range.
 */
export function adam({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0, clipNorm = 0 }: AdamOptions = {}): Optimizer {
  const isDecay = (beta: number): boolean => beta >= 0 && beta < 1;
  if (!(isDecay(beta1) && isDecay(beta2))) throw new RangeError(`adam: beta1 and beta2 must be in [0, 1), got ${beta1} and ${beta2}`);
  if (!(epsilon > 0)) throw new RangeError(`adam: epsilon must be > 0, got ${epsilon}`);
  if (!(weightDecay >= 0)) throw new RangeError(`adam: weightDecay must be ≥ 0, got ${weightDecay}`);
  if (!(clipNorm >= 0)) throw new RangeError(`adam: clipNorm must be ≥ 0 (0 does not clip), got ${clipNorm}`);
  return {
    init: (params, averages = 0) => ({
      updates: 0,
      params: copyTree(params),
      moments: zeroMoments(params),
      averages: Array.from({ length: averages }, () => copyTree(params)),
    }),
    update: ({ updates, params, moments, averages }, grads, { learningRate, averageRates = [] }) => {
      const step = updates + 1;
      const numbers = { learningRate, beta1, beta2, epsilon, weightDecay, clipNorm, step, averageRates };
      const { state, gradNorm } = adamUpdate({ params, ...moments, averages }, grads, numbers);
      const { m, v } = state;
      return { state: { updates: step, params: state.params, moments: { m, v }, averages: state.averages ?? [] }, gradNorm };
    },
  };
}

/** Make zero moments in the form of the parameters. */
export const zeroMoments = <P extends Tree<Tensor>>(params: P): Moments<P> => ({ m: zerosLike(params), v: zerosLike(params) });
