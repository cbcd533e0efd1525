import type { ResBlockPlan } from './layers/res-block.js';

/** A residual block, with attention after it when `heads` > 0. */
export type BlockPlan = ResBlockPlan & { readonly kind: 'block'; readonly heads: number };
/** A change of resolution by a convolution of its own: stride 2, or after nearest upsampling. */
export type ConvPlan = { readonly kind: 'conv'; readonly cIn: number; readonly cOut: number; readonly resample?: 'up' | 'down' };
export type StagePlan = BlockPlan | ConvPlan;

/**
 * The network as three lists of stages. Each stage of `down` leaves its output as a skip; each stage of `up` that does not resample
 * takes the last one left, stacked behind its input along the channels. So `down` has as many stages as `up` has such takers.
 */
export type BackbonePlan = {
  readonly down: readonly StagePlan[];
  readonly mid: readonly BlockPlan[];
  readonly up: readonly StagePlan[];
  /** Channels that reach the output convolution. */
  readonly last: number;
  /** Path of the input image to the coarser levels beside the features: one entry per halving, from fine to coarse, or none. */
  readonly pyramid: readonly PyramidPlan[];
  /** Channels from which an image is read off at each coarser level, from coarse to fine; none where only the last level's is. */
  readonly readouts: readonly number[];
};

/**
 * 'skip': the input image is halved again and again and added to the features through a 1x1 convolution. 'residual': the sum of the level above,
 * at first the input image, goes through a 3x3 convolution that halves it and is averaged with the features.
 */
type Pyramid = 'skip' | 'residual';
export type PyramidPlan = { readonly kind: Pyramid; readonly cIn: number; readonly cOut: number };

/** Settings that a plan is laid out from. */
export type Layout = {
  readonly inChannels: number;
  /** Channels of the input convolution. */
  readonly firstChannels: number;
  /** Levels from the full resolution down. */
  readonly levels: readonly { readonly channels: number; readonly attention: boolean }[];
  /** Residual blocks per level on the way down; there is one more on the way up. */
  readonly blocks: number;
  /** Attention heads for so many channels; 0 for no attention after all. */
  readonly heads: (channels: number) => number;
  /** Blocks with attention on the way up, in a level that has it. */
  readonly attentionUp: 'all' | 'last';
  readonly resampleInBlocks: boolean;
  readonly pyramid?: Pyramid;
  /** Levels whose image is read off and carried up: all of them, or the last one. */
  readonly readouts: 'each level' | 'last level';
};

/** Lay a network out as stages; allocates nothing. */
export function planBackbone(layout: Layout): BackbonePlan {
  const down = planDown(layout);
  const width = down[down.length - 1].cOut;
  const mid = [block(layout, width, width, true), block(layout, width, width, false)];
  const { up, last } = planUp(layout, down);
  const coarser = layout.levels.slice(1).map(({ channels }) => channels);
  return { down, mid, up, last, pyramid: planPyramid(layout, down), readouts: layout.readouts === 'each level' ? coarser.reverse() : [] };
}

const block = ({ heads }: Layout, cIn: number, cOut: number, attention: boolean): BlockPlan => ({
  kind: 'block',
  cIn,
  cOut,
  heads: attention ? heads(cOut) : 0,
});

const resampler = ({ resampleInBlocks }: Layout, channels: number, resample: 'up' | 'down'): StagePlan =>
  resampleInBlocks
    ? { kind: 'block', cIn: channels, cOut: channels, heads: 0, resample }
    : { kind: 'conv', cIn: channels, cOut: channels, resample };

function planDown(layout: Layout): StagePlan[] {
  const down: StagePlan[] = [{ kind: 'conv', cIn: layout.inChannels, cOut: layout.firstChannels }];
  let width = layout.firstChannels;
  layout.levels.forEach(({ channels, attention }, level) => {
    if (level > 0) down.push(resampler(layout, width, 'down'));
    for (let i = 0; i < layout.blocks; i++) {
      down.push(block(layout, width, channels, attention));
      width = channels;
    }
  });
  return down;
}

function planPyramid({ pyramid, inChannels }: Layout, down: readonly StagePlan[]): PyramidPlan[] {
  if (pyramid === undefined) return [];
  const widths = down.filter(({ resample }) => resample === 'down').map(({ cOut }) => cOut);
  return widths.map((cOut, i) => ({ kind: pyramid, cIn: pyramid === 'skip' || i === 0 ? inChannels : widths[i - 1], cOut }));
}

function planUp(layout: Layout, down: readonly StagePlan[]): Pick<BackbonePlan, 'up' | 'last'> {
  const skips = down.map((stage) => stage.cOut);
  let width = skips[skips.length - 1];
  const up: StagePlan[] = [];
  for (let level = layout.levels.length - 1; level >= 0; level--) {
    const { channels, attention } = layout.levels[level];
    for (let i = 0; i <= layout.blocks; i++) {
      const attends = attention && (i === layout.blocks || layout.attentionUp === 'all');
      up.push(block(layout, width + skips.pop()!, channels, attends));
      width = channels;
    }
    if (level > 0) up.push(resampler(layout, width, 'up'));
  }
  return { up, last: width };
}
