import { expectRank, type NativeKernel, type NativeKernels } from '../native-kernel.js';

type Scale = { readonly scale: number };

const upsample: NativeKernel<Scale> = (backend, { x }, { scale }) => {
  expectRank('TractUpsample2x', 'x', x, 4);
  const [n, h, w, c] = x.shape;
  return backend.launchOne('upsample2x', [x], [n, 2 * h, 2 * w, c], [n, h, w, c, scale]);
};

const downsample: NativeKernel<Scale> = (backend, { x }, { scale }) => {
  const [n, h, w, c] = x.shape;
  if (x.shape.length !== 4 || h % 2 !== 0 || w % 2 !== 0) {
    throw new RangeError(`TractDownsample2x: expected x [N,H,W,C] with even H and W, got [${x.shape.join(',')}]`);
  }
  return backend.launchOne('downsample2x', [x], [n, h / 2, w / 2, c], [n, h, w, c, scale]);
};

export const resampleKernels: NativeKernels = { TractUpsample2x: upsample, TractDownsample2x: downsample };
