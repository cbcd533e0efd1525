export { addonFolder, type BuiltAddon, builtAddons } from './addon.js';
export { type BuildOptions, buildAddon } from './build-addon.js';
export { cardOf } from './card-of.js';
export { type MpiHere, mpiHere, mpiWords } from './mpi-here.js';
export { type CollectiveOptions, openCollective } from './open-collective.js';
export { type DoneShards, doShards, readShards, type ShardOptions, type ShardWork } from './shard-folder.js';
