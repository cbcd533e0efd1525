import { expectRank, type NativeKernel, type NativeKernels } from '../native-kernel.js';

type Windows = { readonly size: number; readonly stride: number; readonly pad: number };

const pool =
  (tractName: string, kernel: string): NativeKernel<Windows> =>
  (backend, { x }, { size, stride, pad }) => {
    expectRank(tractName, 'x', x, 4);
    const [n, h, w, c] = x.shape;
    const [height, width] = [h, w].map((length) => Math.floor((length + 2 * pad - size) / stride) + 1);
    if (!(height >= 1 && width >= 1 && pad < size)) {
      throw new RangeError(`${tractName}: a window of ${size} with pad ${pad} does not fit x of shape [${x.shape.join(',')}]`);
    }
    return backend.launchOne(kernel, [x], [n, height, width, c], [n, h, w, c, size, stride, pad, height, width]);
  };

export const poolKernels: NativeKernels = {
  TractAvgPool: pool('TractAvgPool', 'avgPool'),
  TractMaxPool: pool('TractMaxPool', 'maxPool'),
};
