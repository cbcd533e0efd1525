import { type UNetConfig } from './config.js';
/** A residual block, with attention after it when `heads` > 0. */
export type BlockPlan = {
  readonly kind: 'block';
  readonly cIn: number;
  readonly cOut: number;
  readonly heads: number;
  readonly resample?: 'up' | 'down';
};
/** A change of resolution by a convolution of its own: stride 2, or after nearest upsampling. */
export type ConvPlan = {
  readonly kind: 'conv';
  readonly cIn: number;
  readonly cOut: number;
  readonly resample?: 'up' | 'down';
};
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
export declare function planUNet(config: UNetConfig): UNetPlan;
//# sourceMappingURL=plan.d.ts.map
