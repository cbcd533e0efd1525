import type { KernelFunc } from '@tensorflow/tfjs-core';
import { copyRegisteredKernels, getKernel, unregisterKernel } from '@tract/tensor/core';
import { stockName } from '../stock-name.js';
import { registerWebGpuKernel, type WebGpuKernel } from '../webgpu-kernel.js';
import { adam } from './adam.js';
import { attention, attentionGrad } from './attention.js';
import { combine } from './combine.js';
import { conv2d, conv2dFilterGrad, conv2dInputGrad, conv2dRelu } from './conv.js';
import { dropout } from './dropout.js';
import { cosine, scale, silu, siluGrad, sine } from './elementwise.js';
import { groupNorm, groupNormGrad } from './group-norm.js';
import { batchMatMul, fusedMatMul } from './matmul.js';
import { noise } from './noise.js';
import { downsample2x, upsample2x } from './resample.js';
import { squaredError } from './squared-error.js';
import { sumOverFirst } from './sum-rows.js';

/** Register our kernels, once; `useBackend` adds the composed references of the rest. */
export function registerWebGpuKernels(): void {
  if (getKernel('TractScale', 'webgpu') != null) return;
  copyRegisteredKernels('webgpu', stockName);
  registerWebGpuKernel('TractAdam', adam);
  registerWebGpuKernel('TractAttention', attention);
  registerWebGpuKernel('TractAttentionGrad', attentionGrad);
  registerWebGpuKernel('TractCombine', combine);
  registerWebGpuKernel('TractConv2D', conv2d);
  registerWebGpuKernel('TractConv2DFilterGrad', conv2dFilterGrad);
  registerWebGpuKernel('TractConv2DInputGrad', conv2dInputGrad);
  registerWebGpuKernel('TractConv2DRelu', conv2dRelu);
  registerWebGpuKernel('TractDownsample2x', downsample2x);
  registerWebGpuKernel('TractDropout', dropout);
  registerWebGpuKernel('TractGroupNorm', groupNorm);
  registerWebGpuKernel('TractGroupNormGrad', groupNormGrad);
  registerWebGpuKernel('TractNoise', noise);
  registerWebGpuKernel('TractScale', scale);
  registerWebGpuKernel('TractSilu', silu);
  registerWebGpuKernel('TractSiluGrad', siluGrad);
  registerWebGpuKernel('TractSquaredError', squaredError);
  registerWebGpuKernel('TractUpsample2x', upsample2x);
  replaceStock('BatchMatMul', batchMatMul);
  replaceStock('Cos', cosine);
  replaceStock('Sin', sine);
  replaceStock('Sum', sumOverFirst);
  replaceStock('_FusedMatMul', fusedMatMul);
}

/** Ours in the place of a stock kernel, which does what ours declines. */
function replaceStock<A>(kernelName: string, kernel: WebGpuKernel<A>): void {
  const stock: KernelFunc = getKernel(kernelName, 'webgpu').kernelFunc;
  unregisterKernel(kernelName, 'webgpu');
  registerWebGpuKernel(kernelName, kernel, stock);
}
