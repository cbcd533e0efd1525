import type { DhariwalUNetConfig, EdmUNetConfig, SongUNetConfig } from './edm-config.js';

const cifar10 = {
  kind: 'song',
  imageSize: 32,
  inChannels: 3,
  channels: 128,
  embChannels: 512,
  channelMult: [2, 2, 2],
  blocks: 4,
  attentionResolutions: [16],
  outputs: 1,
  classes: 1,
  decoder: 'standard',
} as const satisfies Partial<SongUNetConfig>;

const cifar10Ddpmpp: SongUNetConfig = { ...cifar10, noiseFeatures: 'positional', noiseChannels: 128, filter: [1, 1], encoder: 'standard' };
const cifar10Ncsnpp: SongUNetConfig = {
  ...cifar10,
  noiseFeatures: 'fourier',
  noiseChannels: 256,
  filter: [1, 3, 3, 1],
  encoder: 'residual',
};
const imagenet64Adm: DhariwalUNetConfig = {
  kind: 'dhariwal',
  imageSize: 64,
  inChannels: 3,
  channels: 192,
  embChannels: 768,
  channelMult: [1, 2, 3, 4],
  blocks: 3,
  attentionResolutions: [32, 16, 8],
  outputs: 1,
  classes: 1000,
};

/**
 * The networks of Karras et al. 2022 that were published for CIFAR-10 (here unconditional; `classes: 10` for the conditional ones) and ImageNet.
 * The published CIFAR-10 weights were trained with `augmentChannels: 9`; at sampling that adds nothing, and a network can do without.
 */
export const edmConfigs = {
  /** 55,732,739 parameters. */
  cifar10Ddpmpp,
  /** 56,395,523 parameters; the EDM teacher of the paper's tables. */
  cifar10Ncsnpp,
  /** 295,899,267 parameters. */
  imagenet64Adm,
} satisfies Record<string, EdmUNetConfig>;
