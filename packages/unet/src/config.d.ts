/** What a U-Net of the paper is made of. All counts are positive integers. */
export type UNetConfig = {
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
  /** Groups of every normalisation. Default 32. */
  readonly groups?: number;
};
/** Normalisation groups of a configuration, 32 unless it says otherwise. */
export declare const groupsOf: (config: UNetConfig) => number;
/** Attention heads for a feature map of `channels`. */
export declare const headsOf: (config: UNetConfig, channels: number) => number;
/** Whether the blocks of a level (0 is the full resolution) have self-attention. */
export declare const hasAttention: (config: UNetConfig, level: number) => boolean;
/**
 * Checks a configuration in full, also one that was read from a file.
 * @throws TypeError for a field of the wrong type.
 * @throws RangeError for a value that no network can be built from; the message says which and what would do.
 */
export declare function checkUNetConfig(config: UNetConfig): void;
//# sourceMappingURL=config.d.ts.map
