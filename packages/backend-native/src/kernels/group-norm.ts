import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { StructArgs } from '../kernel-args.js';
import { expectShape, type KernelInputs, type NativeKernel, type NativeKernels } from '../native-kernel.js';
import { sizeOf } from '../size-of.js';

type Options = { readonly groups: number; readonly eps: number; readonly silu: boolean };

/** Work out the sizes. @throws RangeError when shapes do not fit. */
function sizesOf(kernel: string, { x, gamma, beta, scaleShift }: KernelInputs, { groups, eps, silu }: Options): StructArgs<'NormSizes'> {
  const [N, C] = [x.shape[0], x.shape[x.shape.length - 1]];
  if (x.shape.length < 2 || C % groups !== 0) {
    throw new RangeError(`${kernel}: expected x [N,...,C] with C a multiple of groups, got [${x.shape.join(',')}] and ${groups} groups`);
  }
  expectShape(kernel, 'gamma', gamma, [C]);
  expectShape(kernel, 'beta', beta, [C]);
  if (scaleShift !== undefined) expectShape(kernel, 'scaleShift', scaleShift, [N, 2 * C]);
  return { N, pixels: sizeOf(x.shape) / (N * C), C, groups, eps, silu };
}

const groupNorm: NativeKernel<Options> = (backend, inputs, options) => {
  const sizes = sizesOf('TractGroupNorm', inputs, options);
  const { x, gamma, beta, scaleShift } = inputs;
  const perGroup = [sizes.N, options.groups];
  return backend.launch('groupNorm', { x, gamma, beta, scaleShift, y: x.shape, mean: perGroup, rstd: perGroup, sizes });
};

const groupNormGrad: NativeKernel<Options> = (backend, inputs, options) => {
  const sizes = sizesOf('TractGroupNormGrad', inputs, options);
  const { N, C } = sizes;
  const { dy, x, gamma, beta, mean, rstd, scaleShift } = inputs;
  expectShape('TractGroupNormGrad', 'dy', dy, x.shape);
  for (const [name, info] of Object.entries({ mean, rstd }) as [string, TensorInfo][]) {
    expectShape('TractGroupNormGrad', name, info, [N, options.groups]);
  }
  const outputs = { dx: x.shape, dGamma: [C], dBeta: [C], dScaleShift: scaleShift && [N, 2 * C] };
  return backend.launch('groupNormGrad', { dy, x, gamma, beta, mean, rstd, scaleShift, ...outputs, sizes });
};

export const groupNormKernels: NativeKernels = { TractGroupNorm: groupNorm, TractGroupNormGrad: groupNormGrad };
