import type { BackbonePlan, StagePlan } from '@tract/unet';

/** The lists of stages in a network's parameter tree. */
const stageLists = ['down', 'mid', 'up'] as const;
export type StageList = (typeof stageLists)[number];

/** A leaf path such as 'down.1.res.conv1.kernel', taken apart. */
export type LeafPath = {
  /** All but the last name: 'down.1.res.conv1'. */
  readonly layer: string;
  /** The last name: 'kernel'. */
  readonly leaf: string;
  /** Set for a layer of a stage: its list, its number in there, and the layer within the stage: 'res.conv1'. */
  readonly stage?: { readonly list: StageList; readonly index: number; readonly part: string };
};

export function parseLeafPath(path: string): LeafPath {
  const dot = path.lastIndexOf('.');
  const [layer, leaf] = [path.slice(0, dot), path.slice(dot + 1)];
  const [first, index, ...rest] = layer.split('.');
  const list = stageLists.find((name) => name === first);
  return { layer, leaf, ...(list && { stage: { list, index: Number(index), part: rest.join('.') } }) };
}

/** Return heads and channels per head of a stage's attention. */
export function headsOf(plan: BackbonePlan, { list, index }: { readonly list: StageList; readonly index: number }) {
  const stage: StagePlan = plan[list][index];
  const heads = stage.kind === 'block' ? stage.heads : 0;
  return { heads, channels: stage.cOut / heads };
}
