import type { HalvingPad } from '../block-style.js';

/** Settings that the networks of Karras et al. 2022 share. All counts are positive integers. */
type Common = {
  /** Side of the images that it is meant for; `attentionResolutions` count from it. */
  readonly imageSize: number;
  readonly inChannels: number;
  /** Level i works on `channels * channelMult[i]`. */
  readonly channels: number;
  /** Width of the noise level's embedding. */
  readonly embChannels: number;
  readonly channelMult: readonly number[];
  /** Residual blocks per level on the way down; there is one more on the way up. */
  readonly blocks: number;
  /** Sides of the feature maps that get self-attention; a side that no level has is ignored. The middle always has attention. */
  readonly attentionResolutions: readonly number[];
  /** Images in the output, stacked along the channels: 2 where a variance is predicted behind the noise, as by iDDPM's networks. */
  readonly outputs: number;
  /** Number of classes; 1 means unconditional. */
  readonly classes: number;
  /** The network is conditioned on the noise level at the end of a jump too. Default: false. */
  readonly bothEnds?: boolean;
  /** Length of the row that says how a training image was augmented. Default: the network is not conditioned on it. */
  readonly augmentChannels?: number;
  /** Fraction, in [0, 1), of the features before a block's second convolution that is dropped while the network is trained. Default: 0. */
  readonly dropout?: number;
};

/** The U-Net of Song et al. 2021, both as DDPM++ (positional, [1, 1], standard) and as NCSN++ (fourier, [1, 3, 3, 1], residual). One attention head. */
export type SongUNetConfig = Common & {
  readonly kind: 'song';
  /** Features of the noise level: sines of fixed frequencies, or of random ones that are kept with the parameters. */
  readonly noiseFeatures: 'positional' | 'fourier';
  readonly noiseChannels: number;
  /** Taps of the filter that images are halved and doubled through: an even number, of any scale. */
  readonly filter: readonly number[];
  /** Path on which the input image reaches the coarser levels beside the features, if any. */
  readonly encoder: 'standard' | 'skip' | 'residual';
  /** 'skip': every level reads an image off, and their sum is the output. */
  readonly decoder: 'standard' | 'skip';
};

/**
 * The U-Net of Dhariwal & Nichol 2021, called ADM, as EDM has it where the options are left out. OpenAI's own networks are all of this kind, and
 * with the options set the U-Net of Ho et al. 2020 and most of diffusers' UNet2DModel.
 */
export type DhariwalUNetConfig = Common & {
  readonly kind: 'dhariwal';
  /** Channels of one attention head. Default 64, and no attention at a level narrower than that, as in EDM's code. */
  readonly headDim?: number;
  /** Attention heads at every level, instead of `headDim`. */
  readonly heads?: number;
  /** Groups of every normalisation. Default: of four channels or more, and no more than 32. */
  readonly groups?: number;
  /** False: the embedding is added before the second normalisation instead of scaling and shifting it. Default true. */
  readonly scaleShift?: boolean;
  /** False: stride-2 convolutions, and upsampling followed by a convolution, instead of residual blocks that resample. Default true. */
  readonly resampleInBlocks?: boolean;
  /** Zero padding of stride-2 convolutions: all around the image, or only after its last row and column. Default: 'around'. */
  readonly halvingPad?: HalvingPad;
  /** Added to the variance in every normalisation. Default 1e-5. */
  readonly eps?: number;
  /** True: the noise level is shown as sines, then cosines, down to a frequency of 1/10000 itself, as Ho et al. 2020 have it. Default false: cosines first, the last one above it. */
  readonly sinesFirst?: boolean;
};

export type EdmUNetConfig = SongUNetConfig | DhariwalUNetConfig;

/** True if sines come first in the features of the noise level, with 1/10000 among their frequencies. */
export const sinesFirstIn = (config: EdmUNetConfig): boolean => config.kind === 'song' || (config.sinesFirst ?? false);

/** Return the number of features of the noise level. */
export const noiseChannelsOf = (config: EdmUNetConfig): number => (config.kind === 'song' ? config.noiseChannels : config.channels);
