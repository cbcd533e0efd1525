import { type DhariwalUNetConfig, groupsOf, type UNetConfig } from '@tract/unet';

/**
 * Return the ADM that computes the paper's U-Net, if its timestep is 1000 u (u: time of the cosine schedule at the logSNR) and the row of every
 * label includes the bias of the layer of labels. Its parameters have the same paths but for the `time` in `embedding.time.first` and `.second`.
 */
export function paperAsAdm(config: UNetConfig): DhariwalUNetConfig {
  const { heads, headDim, groups: _, kind: __, ...same } = config;
  return {
    ...same,
    kind: 'dhariwal',
    ...(headDim === undefined ? { heads: heads ?? 1 } : { headDim }),
    groups: groupsOf(config),
    sinesFirst: true,
  };
}
