import { expectRank, type NativeKernel, type NativeKernels } from '../native-kernel.js';

type Scale = { readonly scale: number };

const upsample: NativeKernel<Scale> = (backend, { x }, { scale }) => {
  expectRank('TractUpsample2x', 'x', x, 4);
  const [N, H, Wd, C] = x.shape;
  return backend.launchOne('upsample2x', { x, y: [N, 2 * H, 2 * Wd, C], N, H, Wd, C, scale });
};

const downsample: NativeKernel<Scale> = (backend, { x }, { scale }) => {
  const [N, H, Wd, C] = x.shape;
  if (x.shape.length !== 4 || H % 2 !== 0 || Wd % 2 !== 0) {
    throw new RangeError(`TractDownsample2x: expected x [N,H,W,C] with even H and W, got [${x.shape.join(',')}]`);
  }
  return backend.launchOne('downsample2x', { x, y: [N, H / 2, Wd / 2, C], N, H, Wd, C, scale });
};

export const resampleKernels: NativeKernels = { TractUpsample2x: upsample, TractDownsample2x: downsample };
