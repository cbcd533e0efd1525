import type { Collective } from './collective.js';

const settled = Promise.resolve();

/** One process that is all ranks. @param cores threads that it can keep busy. Default: 1. */
export const single = ({ cores = 1 }: { readonly cores?: number } = {}): Collective => ({
  ...{ rank: 0, size: 1, localRank: 0, localSize: 1, cores, library: 'single' },
  allReduceSum: () => settled,
  broadcast: () => settled,
  barrier: () => settled,
  agree: async (flags) => flags >>> 0,
  abort: (_, why) => {
    throw new Error(why);
  },
  close: () => settled,
});
