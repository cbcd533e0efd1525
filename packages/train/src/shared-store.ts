import type { NamedArray } from '@tract/checkpoint';
import { broadcastJson, type Collective, PeerError } from '@tract/distributed';
import type { Checkpoint, RunState } from './checkpoint.js';
import { allTogether, type Ranks } from './ranks.js';
import type { RunStore } from './run-store.js';

/** Name of the file that tells how a run of several ranks ended. Launchers lose exit codes. */
const outcomeName = 'outcome.json';

/** The store of a run of several ranks: rank 0 reads and writes, the others get what it has read and every error of it. */
export function sharedStore(
  store: RunStore,
  ranks: Ranks,
): RunStore & { readonly ended: (state: RunState | undefined, error?: unknown) => Promise<void> } {
  const { collective, exitCodeOf = () => 1 } = ranks;
  const isFirst = collective.rank === 0;
  const first = <T>(work: () => Promise<T>): Promise<T | undefined> => allTogether(ranks, async () => (isFirst ? work() : undefined));
  let hasBegun = false;
  const tell = async (outcome: Readonly<Record<string, unknown>>): Promise<void> => {
    const { size: ranksInAll, library } = collective;
    await store.files.write(
      outcomeName,
      `${JSON.stringify({ ...outcome, ranks: ranksInAll, library, time: new Date().toISOString() }, null, 2)}\n`,
    );
  };
  return {
    ...store,
    // What a state comes into on its way to the disk is rank 0's.
    files: isFirst ? store.files : { ...store.files, spool: undefined },
    open: async (config, options) => shareCheckpoint(collective, await first(() => store.open(config, options))),
    begin: async (config, from) => {
      await first(async () => {
        await store.begin(config, from);
        await tell({ outcome: 'running' });
      });
      hasBegun = true;
    },
    commit: async (content, keep) => void (await first(() => store.commit(content, keep))),
    prune: async (keep) => void (await first(() => store.prune(keep))),
    writeFolder: async (name, files) => void (await first(() => store.writeFolder(name, files))),
    log: async (record) => (isFirst ? store.log(record) : undefined),
    close: async () => (isFirst ? store.close() : undefined),
    ended: async (state, error) => {
      if (!isFirst || !hasBegun) return;
      const kind = (error as { readonly kind?: string } | undefined)?.kind ?? 'failed';
      await tell(
        error === undefined
          ? { outcome: 'done', code: 0, step: state?.step }
          : { outcome: kind, code: error instanceof PeerError ? error.exitCode : exitCodeOf(error), error: (error as Error).message },
      );
    },
  };
}

/** Send a checkpoint from rank 0 to all; undefined stays it. */
async function shareCheckpoint(collective: Collective, own: Checkpoint | undefined): Promise<Checkpoint | undefined> {
  const shapes = own && Array.from(own.tensors, ([name, { dtype, shape }]) => ({ name, dtype, shape }));
  const told = await broadcastJson(collective, own && { path: own.path, config: own.config, state: own.state, shapes: shapes! });
  if (!told) return undefined;
  const { shapes: all, ...facts } = told;
  const tensors = new Map<string, NamedArray>();
  for (const { name, dtype, shape } of all) {
    const data = own ? (own.tensors.get(name)!.data as Float32Array) : new Float32Array(shape.reduce((a, b) => a * b, 1));
    await collective.broadcast(data);
    tensors.set(name, own ? own.tensors.get(name)! : ({ dtype, shape, data } as NamedArray));
  }
  return { ...facts, tensors };
}
