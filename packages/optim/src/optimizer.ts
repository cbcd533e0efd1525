import { adamEma, clone, mapTree, type Tensor, type Tree, zeros } from '@tract/tensor';

/** Running means of the gradient (m) and of its square (v), in the form of the parameters. */
export type Moments<P> = { readonly m: P; readonly v: P };

/** Everything that an update changes, as a value. Each tree owns its tensors; no tensor stands in two of them. */
export type OptimizerState<P> = {
  /** Updates done since the moments were zero. */
  readonly updates: number;
  readonly params: P;
  readonly moments: Moments<P>;
  /** A fast average of the parameters. */
  readonly selfTeacher?: P;
  /** A slow average of the parameters. */
  readonly ema?: P;
};

/** The numbers of one update. `selfTeacherRate` and `emaRate` are needed exactly where the state has that average; see `emaRate`. */
export type UpdateNumbers = {
  readonly learningRate: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** The norm of all gradients together is brought down to this; 0, the default, leaves it. */
  readonly clipNorm?: number;
  readonly selfTeacherRate?: number;
  readonly emaRate?: number;
};

/** The state after an update, of the same form, and the scalar norm of the gradients before clipping. The caller owns both. */
export type Updated<S> = { readonly state: S; readonly gradNorm: Tensor };

/** A state before its first update: copies of the parameters, which stay the caller's, and zero moments. */
export function initOptimizer<P extends Tree<Tensor>>(
  params: P,
  averages: { selfTeacher?: boolean; ema?: boolean } = {},
): OptimizerState<P> {
  const copy = () => mapTree(params, clone);
  return {
    updates: 0,
    params: copy(),
    moments: zeroMoments(params),
    ...(averages.selfTeacher && { selfTeacher: copy() }),
    ...(averages.ema && { ema: copy() }),
  };
}

export const zeroMoments = <P extends Tree<Tensor>>(params: P): Moments<P> => ({ m: zerosLike(params), v: zerosLike(params) });

/** A tree of zeros in the form of another. */
export const zerosLike = <P extends Tree<Tensor>>(tree: P): P => mapTree(tree, (leaf) => zeros(leaf.shape));

/**
 * One update in one fused call: clip the global norm, Adam (Kingma & Ba 2015, bias-corrected, no weight decay), then each average moves by
 * its rate towards the new parameters.
 *
 * Consumes the state: its tensors are updated in place or freed. The gradients stay the caller's.
 *
 * @throws RangeError when trees differ in form, or an average and its rate do not come together.
 */
export function fusedUpdate<P extends Tree<Tensor>, S extends OptimizerState<P>>(
  state: S & OptimizerState<P>,
  grads: P,
  numbers: UpdateNumbers,
): Updated<S> {
  const { params, moments, selfTeacher, ema } = state;
  const { selfTeacherRate, ...rest } = numbers;
  const step = state.updates + 1;
  const { state: next, gradientNorm } = adamEma({ params, ...moments, selfTeacher, ema }, grads, {
    ...rest,
    selfRate: selfTeacherRate,
    step,
  });
  const { m, v, ...trees } = next;
  return { state: { ...state, ...trees, moments: { m, v }, updates: step }, gradNorm: gradientNorm };
}
