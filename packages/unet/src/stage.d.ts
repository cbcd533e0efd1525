import { type Tensor } from '@tract/tensor';
import { type UNetConfig } from './config.js';
import { type AttentionBlock } from './layers/attention-block.js';
import { type Conv } from './layers/conv.js';
import { type ResBlock } from './layers/res-block.js';
import type { ParamSpec } from './param-spec.js';
import type { StagePlan } from './plan.js';
/** One entry of the network's lists: a residual block, perhaps with attention, or a lone convolution. */
export type Stage<T> =
  | {
      readonly res: ResBlock<T>;
      readonly attention?: AttentionBlock<T>;
    }
  | {
      readonly conv: Conv<T>;
    };
export declare function stageSpec(config: UNetConfig, plan: StagePlan): Stage<ParamSpec>;
/** x [N, H, W, cIn] and embedding [N, embChannels] -> [N, H', W', cOut]; H' is H, 2H or H/2. */
export declare function applyStage(config: UNetConfig, plan: StagePlan, params: Stage<Tensor>, x: Tensor, embedding: Tensor): Tensor;
//# sourceMappingURL=stage.d.ts.map
