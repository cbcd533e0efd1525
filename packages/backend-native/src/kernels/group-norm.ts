import type { TensorInfo } from '@tensorflow/tfjs-core';
import { expectShape, type KernelInputs, type NativeKernel, type NativeKernels } from '../native-kernel.js';
import { sizeOf } from '../size-of.js';

type Options = { readonly groups: number; readonly eps: number; readonly silu: boolean };
type Plan = { readonly samples: number; readonly channels: number; readonly numbers: number[] };

/** @throws RangeError when shapes do not fit. */
function plan(kernel: string, { x, gamma, beta, scaleShift }: KernelInputs, { groups, eps, silu }: Options): Plan {
  const samples = x.shape[0];
  const channels = x.shape[x.shape.length - 1];
  if (x.shape.length < 2 || channels % groups !== 0) {
    throw new RangeError(`${kernel}: expected x [N,...,C] with C a multiple of groups, got [${x.shape.join(',')}] and ${groups} groups`);
  }
  expectShape(kernel, 'gamma', gamma, [channels]);
  expectShape(kernel, 'beta', beta, [channels]);
  if (scaleShift !== undefined) expectShape(kernel, 'scaleShift', scaleShift, [samples, 2 * channels]);
  return { samples, channels, numbers: [samples, sizeOf(x.shape) / (samples * channels), channels, groups, eps, +silu] };
}

const groupNorm: NativeKernel<Options> = (backend, inputs, options) => {
  const { samples, numbers } = plan('TractGroupNorm', inputs, options);
  const { x, gamma, beta, scaleShift } = inputs;
  const perGroup = [samples, options.groups];
  return backend.launch('groupNorm', [x, gamma, beta, scaleShift], [x.shape, perGroup, perGroup], numbers);
};

const groupNormGrad: NativeKernel<Options> = (backend, inputs, options) => {
  const { samples, channels, numbers } = plan('TractGroupNormGrad', inputs, options);
  const { dy, x, gamma, beta, mean, rstd, scaleShift } = inputs;
  expectShape('TractGroupNormGrad', 'dy', dy, x.shape);
  for (const [name, info] of Object.entries({ mean, rstd }) as [string, TensorInfo][]) {
    expectShape('TractGroupNormGrad', name, info, [samples, options.groups]);
  }
  const shapes = [x.shape, [channels], [channels], scaleShift === undefined ? undefined : [samples, 2 * channels]];
  return backend.launch('groupNormGrad', [dy, x, gamma, beta, mean, rstd, scaleShift], shapes, numbers);
};

export const groupNormKernels: NativeKernels = { TractGroupNorm: groupNorm, TractGroupNormGrad: groupNormGrad };
