import type { BlockStyle } from './block-style.js';
import { groupsOf, hasAttention, headsOf, type UNetConfig } from './config.js';
import { fanAverage } from './layer-init.js';
import { boxResampler } from './layers/resample.js';
import { type BackbonePlan, planBackbone } from './plan.js';

/** Lay a checked configuration out as stages; allocates nothing. */
export const planUNet = (config: UNetConfig): BackbonePlan =>
  planBackbone({
    inChannels: config.inChannels,
    firstChannels: config.channels,
    levels: config.channelMult.map((mult, level) => ({ channels: mult * config.channels, attention: hasAttention(config, level) })),
    blocks: config.blocks,
    heads: (channels) => headsOf(config, channels),
    attentionUp: 'all',
    resampleInBlocks: config.resampleInBlocks,
    readouts: 'last level',
  });

const almostNothing = fanAverage(1e-10);

export const styleOfUNet = (config: UNetConfig): BlockStyle => ({
  embChannels: config.embChannels,
  groups: () => groupsOf(config),
  eps: 1e-5,
  scaleShift: config.scaleShift,
  skipScale: 1,
  projectResampled: false,
  resample: boxResampler,
  halvingPad: 'around',
  init: {
    layer: fanAverage(),
    last: almostNothing,
    // Scale and shift start at almost nothing, an added embedding does not.
    embedding: config.scaleShift ? almostNothing : fanAverage(),
    qkv: fanAverage(),
  },
});
