import type { BlockStyle } from '../block-style.js';
import { fanAverage, fanInUniform, silent } from '../layer-init.js';
import { boxResampler, filterResampler } from '../layers/resample.js';
import { type BackbonePlan, planBackbone } from '../plan.js';
import type { DhariwalUNetConfig, EdmUNetConfig, SongUNetConfig } from './edm-config.js';

const headChannels = 64;

/** Default variance offset of an ADM's normalisations. */
export const admEps = 1e-5;

/** Return the groups of a normalisation: at least four channels each, at most 32 groups. Source: the published code. */
export const edmGroups = (channels: number): number => Math.min(32, Math.floor(channels / 4));

/** Return the groups of a normalisation over `channels` in this network. */
export const groupsOfEdm = (config: EdmUNetConfig, channels: number): number =>
  (config.kind === 'dhariwal' ? config.groups : undefined) ?? edmGroups(channels);

const headsOf =
  ({ heads, headDim = headChannels }: DhariwalUNetConfig) =>
  (channels: number): number =>
    heads ?? Math.floor(channels / headDim);

/** Lay a configuration out as stages. Nothing is allocated. */
export function planEdm(config: EdmUNetConfig): BackbonePlan {
  const widths = config.channelMult.map((mult) => mult * config.channels);
  const isSong = config.kind === 'song';
  return planBackbone({
    inChannels: config.inChannels,
    firstChannels: isSong ? config.channels : widths[0],
    levels: widths.map((channels, level) => ({
      channels,
      attention: config.attentionResolutions.includes(config.imageSize / 2 ** level),
    })),
    blocks: config.blocks,
    heads: isSong ? () => 1 : headsOf(config),
    attentionUp: isSong ? 'last' : 'all',
    resampleInBlocks: isSong || (config.resampleInBlocks ?? true),
    ...(isSong && config.encoder !== 'standard' && { pyramid: config.encoder }),
    readouts: isSong && config.decoder === 'skip' ? 'each level' : 'last level',
  });
}

export const styleOfEdm = (config: EdmUNetConfig): BlockStyle => (config.kind === 'song' ? styleOfSong(config) : styleOfDhariwal(config));

const styleOfSong = ({ embChannels, filter }: SongUNetConfig): BlockStyle => ({
  embChannels,
  groups: edmGroups,
  eps: 1e-6,
  scaleShift: false,
  skipScale: Math.SQRT1_2,
  projectResampled: true,
  resample: filterResampler(filter),
  halvingPad: 'around',
  init: { layer: fanAverage(), last: fanAverage(1e-10), embedding: fanAverage(), qkv: fanAverage(0.2) },
});

const styleOfDhariwal = (config: DhariwalUNetConfig): BlockStyle => ({
  embChannels: config.embChannels,
  groups: (channels) => groupsOfEdm(config, channels),
  eps: config.eps ?? admEps,
  scaleShift: config.scaleShift ?? true,
  skipScale: 1,
  projectResampled: false,
  resample: boxResampler,
  halvingPad: config.halvingPad ?? 'around',
  init: { layer: fanInUniform, last: silent, embedding: fanInUniform, qkv: fanInUniform },
});
