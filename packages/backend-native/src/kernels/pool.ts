import type { KernelsWith } from '../kernel-args.js';
import { expectRank, type NativeKernel, type NativeKernels } from '../native-kernel.js';

type Windows = { readonly size: number; readonly stride: number; readonly pad: number };

const pool =
  (tractName: string, kernel: KernelsWith<'PoolArgs'>): NativeKernel<Windows> =>
  (backend, { x }, { size, stride, pad }) => {
    expectRank(tractName, 'x', x, 4);
    const [N, H, Wd, C] = x.shape;
    const [Ho, Wo] = [H, Wd].map((length) => Math.floor((length + 2 * pad - size) / stride) + 1);
    if (!(Ho >= 1 && Wo >= 1 && pad < size)) {
      throw new RangeError(`${tractName}: a window of ${size} with pad ${pad} does not fit x of shape [${x.shape.join(',')}]`);
    }
    return backend.launchOne(kernel, { x, y: [N, Ho, Wo, C], N, H, Wd, C, size, stride, pad, Ho, Wo });
  };

export const poolKernels: NativeKernels = {
  TractAvgPool: pool('TractAvgPool', 'avgPool'),
  TractMaxPool: pool('TractMaxPool', 'maxPool'),
};
