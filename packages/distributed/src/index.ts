export type { Collective, SumMode, SumOptions } from './collective.js';
export { DistributedError, type DistributedErrorKind } from './distributed-error.js';
export { type Environment, type Launch, launchOf, type MpiFamily, withoutLauncher } from './launch.js';
export { type Engine, engines, type Program, type Recipe, recipeFor } from './recipes.js';
export { type ShardChoice, shardsOf } from './shard-choice.js';
export { middleOf, nodesOfRanks, nodesOfShare, type PartialSum, type Share, shareOf, type TreeNode, withLeaf } from './shares.js';
export { single } from './single.js';
export { broadcastJson, isAgreed, markAgreed, PeerError, part, type TogetherOptions, together } from './together.js';
