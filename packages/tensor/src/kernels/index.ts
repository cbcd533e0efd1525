import type { KernelFunc } from '@tensorflow/tfjs-core';
import { adam } from './adam.js';
import { attention, attentionGrad } from './attention.js';
import { conv2d, conv2dFilterGrad, conv2dInputGrad, conv2dRelu } from './conv.js';
import { dropout } from './dropout.js';
import { combine, scale, silu, siluGrad, squaredError } from './elementwise.js';
import { groupNorm, groupNormGrad } from './group-norm.js';
import { noise } from './noise.js';
import { avgPool, maxPool } from './pool.js';
import { downsample2x, upsample2x } from './resample.js';

/** The composed reference of every fused kernel, by kernel name. A backend's own kernel of the same name comes first. */
export const composedKernels: Readonly<Record<string, KernelFunc>> = {
  TractAdam: adam,
  TractAttention: attention,
  TractAttentionGrad: attentionGrad,
  TractAvgPool: avgPool,
  TractCombine: combine,
  TractConv2D: conv2d,
  TractConv2DFilterGrad: conv2dFilterGrad,
  TractConv2DInputGrad: conv2dInputGrad,
  TractConv2DRelu: conv2dRelu,
  TractDownsample2x: downsample2x,
  TractGroupNorm: groupNorm,
  TractGroupNormGrad: groupNormGrad,
  TractMaxPool: maxPool,
  TractDropout: dropout,
  TractNoise: noise,
  TractScale: scale,
  TractSilu: silu,
  TractSiluGrad: siluGrad,
  TractSquaredError: squaredError,
  TractUpsample2x: upsample2x,
};
