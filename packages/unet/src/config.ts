import { requireCount, requireFlag, requireLevels, requireOneOf } from './check-config.js';
import { requireSizes } from './check-sizes.js';

/** Configuration of the paper's U-Net. All counts are positive integers. */
export type UNetConfig = {
  readonly kind: 'unet';
  /** Side of the images that it is meant for; `attentionResolutions` count from it. */
  readonly imageSize: number;
  readonly inChannels: number;
  /** Channels of the first convolution; level i works on `channels * channelMult[i]`. */
  readonly channels: number;
  /** Width of the time (and class) embedding. */
  readonly embChannels: number;
  readonly channelMult: readonly number[];
  /** Residual blocks per level on the way down; there is one more on the way up. */
  readonly blocks: number;
  /** Sides of the feature maps that get self-attention; a side that no level has is ignored. The middle always has attention. */
  readonly attentionResolutions: readonly number[];
  /** Attention heads: give either their number or the channels of one. */
  readonly heads?: number;
  readonly headDim?: number;
  /** True: the embedding scales and shifts the second normalisation. False: it is added before it. */
  readonly scaleShift: boolean;
  /** True: pooling and nearest upsampling inside residual blocks. False: stride-2 convolutions, and upsampling followed by a convolution. */
  readonly resampleInBlocks: boolean;
  /** 1: one prediction. 2: two of them, stacked along the channels (x0 first, then eps). */
  readonly outputs: number;
  /** Number of classes; 1 means unconditional. */
  readonly classes: number;
  /** The network is conditioned on the noise level at the end of a jump too. Default: false. */
  readonly bothEnds?: boolean;
  /** Groups of every normalisation. Default: 32. */
  readonly groups?: number;
};

const positiveCounts = ['imageSize', 'inChannels', 'channels', 'embChannels', 'blocks', 'outputs', 'classes'] as const;
const optionalCounts = ['heads', 'headDim', 'groups'] as const;
const flags = ['scaleShift', 'resampleInBlocks'] as const;

/** Return the groups of every normalisation. Default: 32. */
export const groupsOf = (config: UNetConfig): number => config.groups ?? 32;

/** Return the number of attention heads for a feature map of `channels`. */
export const headsOf = (config: UNetConfig, channels: number): number =>
  config.headDim === undefined ? (config.heads ?? 1) : channels / config.headDim;

/** True if the blocks of a level (0 is the full resolution) have self-attention. */
export const hasAttention = (config: UNetConfig, level: number): boolean =>
  config.attentionResolutions.includes(config.imageSize / 2 ** level);

/**
 * Check a configuration in full, also one that was read from a file.
 * @throws TypeError for a field of the wrong type.
 * @throws RangeError for a value that no network can be built from; the message says which and what would do.
 */
export function checkUNetConfig(config: UNetConfig): void {
  requireOneOf('UNetConfig', 'kind', config.kind, ['unet']);
  for (const name of positiveCounts) requireCount('UNetConfig', name, config[name]);
  for (const name of optionalCounts) if (config[name] !== undefined) requireCount('UNetConfig', name, config[name]);
  for (const name of flags) requireFlag('UNetConfig', name, config[name]);
  if (config.bothEnds !== undefined) requireFlag('UNetConfig', 'bothEnds', config.bothEnds);
  requireLevels('UNetConfig', config);
  requireSizes('UNetConfig', config);
  if (config.channels % 2 !== 0 || config.channels < 4) {
    throw new RangeError(`UNetConfig: channels must be even and at least 4 (sines and cosines of the time), got ${config.channels}`);
  }
  checkWidths(config);
}

function checkWidths(config: UNetConfig): void {
  const groups = groupsOf(config);
  if (config.heads !== undefined && config.headDim !== undefined) {
    throw new RangeError(`UNetConfig: give heads or headDim, not both, got heads ${config.heads} and headDim ${config.headDim}`);
  }
  for (const width of [config.channels, ...widthsOf(config)]) {
    if (width % groups !== 0) {
      throw new RangeError(
        `UNetConfig: every level's channels must be divisible by groups ${groups}, got ${width}; change channels, channelMult or groups`,
      );
    }
  }
  const [unit, unitName] = config.headDim === undefined ? [config.heads ?? 1, 'heads'] : [config.headDim, 'headDim'];
  for (const width of widthsOf(config).filter((_, level) => hasAttention(config, level) || level === config.channelMult.length - 1)) {
    if (width % unit !== 0) {
      throw new RangeError(
        `UNetConfig: the channels of a level with attention must be divisible by ${unitName} ${unit}, got ${width}; change channels, channelMult or ${unitName}`,
      );
    }
  }
}

const widthsOf = (config: UNetConfig): number[] => config.channelMult.map((mult) => mult * config.channels);
