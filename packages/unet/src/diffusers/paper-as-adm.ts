import { groupsOf, type UNetConfig } from '../config.js';
import type { DhariwalUNetConfig } from '../edm/edm-config.js';

/**
 * The ADM that computes what the paper's U-Net does when it is told 1000 u (u: the time of the cosine schedule, see `timeFeatures`) for a logSNR and
 * its label's row gets the bias of the labels' layer. Its parameters have the same paths but for the `time` in `embedding.time.first` and `.second`.
 */
export function paperAsAdm(config: UNetConfig): DhariwalUNetConfig {
  const { heads, headDim, groups: _, ...same } = config;
  return {
    ...same,
    kind: 'dhariwal',
    ...(headDim === undefined ? { heads: heads ?? 1 } : { headDim }),
    groups: groupsOf(config),
    sinesFirst: true,
  };
}
