import type { BlockStyle } from '../block-style.js';
import { fanAverage, fanInUniform, silent } from '../layer-init.js';
import { boxResampler, filterResampler } from '../layers/resample.js';
import { type BackbonePlan, planBackbone } from '../plan.js';
import type { DhariwalUNetConfig, EdmUNetConfig, SongUNetConfig } from './edm-config.js';

const headChannels = 64;

/** Groups of a normalisation: of four channels or more, and no more than 32. Source: the published code. */
export const edmGroups = (channels: number): number => Math.min(32, Math.floor(channels / 4));

/** Groups of a normalisation of this network. */
export const groupsOfEdm = (config: EdmUNetConfig, channels: number): number =>
  (config.kind === 'dhariwal' ? config.groups : undefined) ?? edmGroups(channels);

const headsOf =
  ({ headDim = headChannels }: DhariwalUNetConfig) =>
  (channels: number): number =>
    Math.floor(channels / headDim);

/** Lays a configuration out as stages. Nothing is allocated. */
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
  init: { layer: fanAverage(), last: fanAverage(1e-10), embedding: fanAverage(), qkv: fanAverage(0.2) },
});

const styleOfDhariwal = (config: DhariwalUNetConfig): BlockStyle => ({
  embChannels: config.embChannels,
  groups: (channels) => groupsOfEdm(config, channels),
  eps: 1e-5,
  scaleShift: config.scaleShift ?? true,
  skipScale: 1,
  projectResampled: false,
  resample: boxResampler,
  init: { layer: fanInUniform, last: silent, embedding: fanInUniform, qkv: fanInUniform },
});
