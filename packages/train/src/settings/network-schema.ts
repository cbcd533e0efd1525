import type { DhariwalUNetConfig, SongUNetConfig, UNetConfig } from '@tract/unet';
import { z } from 'zod';
import { count, counts, flag, kindOf, listOf, momentum, number, oneOf, positive, type ShapeOf } from './expecting.js';

const common = {
  imageSize: count().describe('side of the images, in pixels'),
  inChannels: count().describe('channels of the images'),
  channels: count().describe('channels of the first level'),
  embChannels: count().describe("width of the noise level's embedding"),
  channelMult: counts().describe('multiples of `channels`, one a level'),
  blocks: count().describe('residual blocks of a level on the way down; one more on the way up'),
  attentionResolutions: counts().describe('sides, in pixels, of the feature maps that get attention; `[]` for the middle alone'),
  outputs: count().describe('images in the output: 2 where `prediction` is `x0+eps`; follows from it'),
  classes: count().describe('classes of the images; 1 is unconditional'),
  bothEnds: flag()
    .describe('conditioned on the noise level at the end of a jump too; methods that need it add it; default: false')
    .optional(),
};

const heads = count().describe('attention heads at every level; give this or `headDim`').optional();
const groups = count().describe('groups of every normalisation; must divide the channels of every level');

const unet = {
  kind: z.literal('unet', '"unet"'),
  ...common,
  heads,
  headDim: count().describe('channels of one attention head').optional(),
  scaleShift: flag().describe('the embedding scales and shifts the second normalisation; else it is added before it'),
  resampleInBlocks: flag().describe('halving and doubling happen inside residual blocks; else by convolutions of their own'),
  groups: groups.optional(),
} satisfies ShapeOf<UNetConfig>;

const augmentChannels = count().describe('numbers that tell the network how its images were augmented; EDM has 9').optional();

/** Setting of EDM's networks. */
const dropout = momentum()
  .describe('share of the features that are dropped in each block while a teacher is trained; default: 0')
  .optional();

const song = {
  kind: z.literal('song', '"song"'),
  ...common,
  augmentChannels,
  dropout,
  noiseFeatures: oneOf(['positional', 'fourier']).describe('how the noise level is shown: sines of fixed or of random frequencies'),
  noiseChannels: count().describe('numbers that it is shown in; even, at least 4'),
  filter: listOf(number(), 'a list of numbers').describe('taps of the filter for halving and doubling: an even number of them'),
  encoder: oneOf(['standard', 'skip', 'residual']).describe('whether and how the input reaches the coarser levels'),
  decoder: oneOf(['standard', 'skip']).describe('`skip`: the output is the sum of an image of every level'),
} satisfies ShapeOf<SongUNetConfig>;

const dhariwal = {
  kind: z.literal('dhariwal', '"dhariwal"'),
  ...common,
  augmentChannels,
  dropout,
  headDim: count().describe('channels of one attention head; 64 where neither this nor `heads` is given').optional(),
  heads,
  groups: groups.optional(),
  scaleShift: flag().describe('as above; default: true').optional(),
  resampleInBlocks: flag().describe('as above; default: true').optional(),
  halvingPad: oneOf(['around', 'after']).describe('where convolutions of stride 2 see zeros; default: `around`').optional(),
  eps: positive(1).describe('added to the variance in every normalisation; default: 1e-5').optional(),
  sinesFirst: flag().describe('sines before cosines where the noise level is shown; default: false').optional(),
} satisfies ShapeOf<DhariwalUNetConfig>;

/** A network of one of the families. What fits together in one, `checkDiffusionModel` knows. */
export const networkSchema = z.discriminatedUnion('kind', [z.strictObject(unet), z.strictObject(song), z.strictObject(dhariwal)], {
  error: kindOf('unet, song or dhariwal'),
});
