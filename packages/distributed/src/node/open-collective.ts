import { availableParallelism } from 'node:os';
import type { Collective, SumOptions } from '../collective.js';
import { DistributedError } from '../distributed-error.js';
import { type Launch, launchOf, withoutLauncher } from '../launch.js';
import { nodesOfRanks } from '../shares.js';
import { single } from '../single.js';
import { type BuiltAddon, builtAddons, kinds, loadAddon, type MpiAddon, namedLibrary, sourceDigest } from './addon.js';

export type CollectiveOptions = {
  /** `auto`: MPI where a launcher has started several processes. Default: auto. */
  readonly engine?: 'auto' | 'single' | 'mpi';
  /** Milliseconds after which a rank that does not answer ends the run. Default: TRACT_COLLECTIVE_TIMEOUT_MS, else 300,000. */
  readonly timeoutMs?: number;
  /** How to wait for other ranks: asleep, or for ever awake, which answers sooner and takes a core. Default: sleep. */
  readonly wait?: 'sleep' | 'spin';
  /** Folder of the addons. Default: `addonFolder()`. */
  readonly folder?: string;
};

/** Numbers of one call; counts of MPI are 32-bit. */
const most = 2 ** 26;

/**
 * Ranks below which Open MPI's Iallreduce takes a tree, whose sum and its way back pass a link one after the other: its ring uses both directions at
 * once and takes half of that.
 */
const fewRanks = 4;
/** Number of that algorithm among those of Open MPI's parameter coll_libnbc_iallreduce_algorithm. */
const ring = '1';

/** Exit code for ends that have none of their own. */
const unknownEnd = 70;

/**
 * Join the processes that a launcher has started. To be called first of all: only then can a failure of one end the others. The process then belongs to MPI: an end without `close`
 * ends all ranks, and its children do not see the launcher's variables.
 * @throws DistributedError (not-built, library, launcher) with a remedy.
 */
export async function openCollective(options: CollectiveOptions = {}): Promise<Collective> {
  const { engine = 'auto', wait = 'sleep', folder } = options;
  const launch = launchOf(process.env);
  const isAlone = launch === undefined || launch.size === 1;
  if (engine === 'single' || (engine === 'auto' && isAlone)) return single({ cores: availableParallelism() });
  const timeoutMs = options.timeoutMs ?? limitFrom(process.env.TRACT_COLLECTIVE_TIMEOUT_MS);
  const built = chooseAddon(builtAddons(folder), launch);
  if ((launch?.size ?? fewRanks) < fewRanks) process.env.OMPI_MCA_coll_libnbc_iallreduce_algorithm ??= ring;
  const addon = loadAddon(built.path);
  requireSameLibrary(addon, built);
  const facts = addon.open(timeoutMs / 1000, wait === 'spin');
  if (launch?.size !== undefined && launch.size !== facts.size)
    throw new DistributedError(
      'launcher',
      `${launch.launcher} started ${launch.size} processes, but ${built.library} knows of ${facts.size}: they are strangers to each other; ${remedies[built.family]}`,
    );
  for (const name of Object.keys(process.env)) if (!(name in withoutLauncher({ [name]: '' }))) delete process.env[name];
  return overMpi(addon, built.library, facts);
}

const remedies = {
  'open-mpi': 'start them by the mpirun of Open MPI or by srun --mpi=pmix, or build for the other MPI: tract mpi build --mpicc mpicc.mpich',
  mpich: 'start them by mpiexec.hydra or by srun --mpi=pmi2, or build for the other MPI: tract mpi build --mpicc mpicc.openmpi',
} as const;

function limitFrom(text = '300000'): number {
  const limit = Number(text);
  if (limit > 0) return limit;
  throw new DistributedError('launcher', `TRACT_COLLECTIVE_TIMEOUT_MS is '${text}', expected milliseconds above 0`);
}

/** The addon of the launcher's family; the last that was built where the launcher starts any. */
function chooseAddon(built: readonly BuiltAddon[], launch: Launch | undefined): BuiltAddon {
  const fitting = built.filter(({ family }) => launch?.family === undefined || family === launch.family);
  const source = sourceDigest();
  const found = fitting.find((addon) => addon.source === source);
  if (found) return found;
  const who = launch ? `${launch.launcher} started several processes` : 'MPI was asked for';
  const wanted = launch?.family === 'mpich' ? ' --mpicc mpicc.mpich' : launch?.family === 'open-mpi' ? ' --mpicc mpicc.openmpi' : '';
  const state =
    fitting.length > 0
      ? 'the addon for its MPI is of another version of tract'
      : built.length > 0
        ? `the addon is built for ${built.map(({ library }) => library).join(' and ')}`
        : 'the addon for MPI is not built';
  throw new DistributedError('not-built', `${who}, but ${state}; run once on this machine: tract mpi build${wanted}`);
}

function requireSameLibrary(addon: MpiAddon, { library, path }: BuiltAddon): void {
  const now = namedLibrary(addon.libraryVersion()).library;
  if (now === library) return;
  throw new DistributedError(
    'library',
    `${path} was built for ${library}, but this machine loads ${now}; load the module of ${library}, or build again: tract mpi build`,
  );
}

function overMpi(addon: MpiAddon, library: string, { sharing, ...facts }: ReturnType<MpiAddon['open']>): Collective {
  let isClosed = false;
  // Also for an end with code 0: a rank that leaves without the others has failed.
  process.on('exit', (code) => {
    if (!isClosed) addon.abort(code || unknownEnd);
  });
  const layouts = new Map<number, Int32Array>();
  const nodesOf = (shards: number): Int32Array => {
    const nodes = layouts.get(shards) ?? Int32Array.from(nodesOfRanks(shards, facts.size));
    layouts.set(shards, nodes);
    return nodes;
  };
  const sum = (x: Float32Array, { mode = 'fast', shards = facts.size, parts = [x] }: SumOptions): Promise<number> => {
    if (mode === 'fast') return addon.run(kinds.sum, x, 0);
    return addon.run(kinds.tree, x, 0, parts, nodesOf(mode === 'bf16' ? facts.size : shards), mode === 'bf16' ? 2 : 4);
  };
  const { rank, size, localRank, localSize } = facts;
  return {
    ...{ rank, size, localRank, localSize, library },
    cores: Math.max(1, Math.floor(availableParallelism() / sharing)),
    allReduceSum: async (x, options = {}) => {
      const pieces: Promise<number>[] = [];
      for (let from = 0; from < x.length; from += most) {
        const piece = (array: Float32Array) => array.subarray(from, from + most);
        pieces.push(sum(piece(x), { ...options, parts: options.parts?.map(piece) }));
      }
      await Promise.all(pieces);
    },
    broadcast: async (x, root = 0) => {
      const bytes = new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
      const pieces: Promise<number>[] = [];
      for (let from = 0; from < bytes.length; from += most)
        pieces.push(addon.run(kinds.broadcast, bytes.subarray(from, from + most), root));
      await Promise.all(pieces);
    },
    barrier: async () => void (await addon.run(kinds.barrier, undefined, 0)),
    agree: (flags) => addon.run(kinds.agree, undefined, flags),
    abort: (code, why) => {
      if (why !== '') process.stderr.write(`[rank ${rank}] error: ${why}\n`);
      return addon.abort(code);
    },
    close: async () => {
      await addon.run(kinds.barrier, undefined, 0);
      isClosed = true;
      await addon.run(kinds.finalize, undefined, 0);
    },
  };
}
