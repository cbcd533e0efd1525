import { asStore, concat, conv2d, dispose, type Pure, silu, type Tensor } from '@tract/tensor';
import { wave } from './kernel-case.js';

export type Params = { readonly w: Tensor };
export type Fn = Pure<Params>;

/** Make a filter that differs by its phase, as a store of parameters. */
export const weights = (phase: number): Params => asStore({ w: wave([3, 3, 8, 8], phase) });

/** Make images [count, 6, 6, 8] that differ by their phase. */
export const images = (phase: number, count = 1): Tensor => wave([count, 6, 6, 8], phase);

/** A residual block and its input side by side: [N, 6, 6, 8] to [N, 6, 6, 16]. */
export const network: Fn = ({ w }, [x]) => {
  const h = silu(conv2d(x, w));
  const y = concat([conv2d(h, w, { residual: x }), h], 3);
  dispose(h);
  return y;
};
