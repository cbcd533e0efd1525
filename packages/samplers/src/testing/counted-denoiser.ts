import type { Denoiser } from '../denoiser.js';

/** Wrap a denoiser to count its calls: the NFE. */
export function countedDenoiser<T>(denoise: Denoiser<T>): { readonly denoise: Denoiser<T>; readonly calls: () => number } {
  let calls = 0;
  return {
    denoise: (xt, level) => {
      calls++;
      return denoise(xt, level);
    },
    calls: () => calls,
  };
}
