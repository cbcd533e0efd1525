import { hasAttention, headsOf, type UNetConfig } from './config.js';

/** A residual block, with attention after it when `heads` > 0. */
export type BlockPlan = {
  readonly kind: 'block';
  readonly cIn: number;
  readonly cOut: number;
  readonly heads: number;
  readonly resample?: 'up' | 'down';
};
/** A change of resolution by a convolution of its own: stride 2, or after nearest upsampling. */
export type ConvPlan = { readonly kind: 'conv'; readonly cIn: number; readonly cOut: number; readonly resample?: 'up' | 'down' };
export type StagePlan = BlockPlan | ConvPlan;

/**
 * The network as three lists of stages. Each stage of `down` leaves its output as a skip; each stage of `up` that does not resample
 * takes the last one left, stacked behind its input along the channels. So `down` has as many stages as `up` has such takers.
 */
export type UNetPlan = {
  readonly down: readonly StagePlan[];
  readonly mid: readonly BlockPlan[];
  readonly up: readonly StagePlan[];
  /** Channels that reach the output convolution. */
  readonly last: number;
};

/** Lays a checked configuration out as stages. Nothing is allocated. */
export function planUNet(config: UNetConfig): UNetPlan {
  const levels = config.channelMult.map((mult, level) => ({
    channels: mult * config.channels,
    attention: hasAttention(config, level),
  }));
  const block = (cIn: number, cOut: number, attention: boolean): BlockPlan => ({
    kind: 'block',
    cIn,
    cOut,
    heads: attention ? headsOf(config, cOut) : 0,
  });
  const resampler = (channels: number, resample: 'up' | 'down'): StagePlan =>
    config.resampleInBlocks
      ? { kind: 'block', cIn: channels, cOut: channels, heads: 0, resample }
      : { kind: 'conv', cIn: channels, cOut: channels, resample };

  const down: StagePlan[] = [{ kind: 'conv', cIn: config.inChannels, cOut: config.channels }];
  let width = config.channels;
  levels.forEach(({ channels, attention }, level) => {
    for (let i = 0; i < config.blocks; i++) {
      down.push(block(width, channels, attention));
      width = channels;
    }
    if (level < levels.length - 1) down.push(resampler(width, 'down'));
  });

  const mid = [block(width, width, true), block(width, width, false)];

  const skips = down.map((stage) => stage.cOut);
  const up: StagePlan[] = [];
  levels.reverse().forEach(({ channels, attention }, level) => {
    for (let i = 0; i <= config.blocks; i++) {
      up.push(block(width + skips.pop()!, channels, attention));
      width = channels;
    }
    if (level < levels.length - 1) up.push(resampler(width, 'up'));
  });
  return { down, mid, up, last: width };
}
