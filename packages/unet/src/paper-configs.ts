import type { UNetConfig } from './config.js';

/** The two networks of the paper's tables whose teachers come from progressive distillation. */
export const paperConfigs = {
  /** 60,004,099 parameters, predicts x0. */
  cifar10: {
    kind: 'unet',
    imageSize: 32,
    inChannels: 3,
    channels: 256,
    embChannels: 1024,
    channelMult: [1, 1, 1],
    blocks: 3,
    attentionResolutions: [8, 16],
    heads: 1,
    scaleShift: true,
    resampleInBlocks: true,
    outputs: 1,
    classes: 1,
  },
  /** 295,905,222 parameters, predicts x0 and eps, conditioned on a class. */
  imagenet64: {
    kind: 'unet',
    imageSize: 64,
    inChannels: 3,
    channels: 192,
    embChannels: 768,
    channelMult: [1, 2, 3, 4],
    blocks: 3,
    attentionResolutions: [8, 16, 32],
    headDim: 64,
    scaleShift: true,
    resampleInBlocks: true,
    outputs: 2,
    classes: 1000,
  },
} satisfies Record<string, UNetConfig>;
