import type { Collective, SumOptions } from '../collective.js';
import { middleOf, nodesOfRanks, type TreeNode } from '../shares.js';

type Call = { readonly name: string; readonly value: unknown };

/**
 * Ranks of one process, for tests without MPI: each call waits for that of every rank, and all must make the same one. `ordered` and `bf16` sums are the tree's, `fast` ones
 * go from the last rank to the first.
 */
export function ranksHere(size: number): Collective[] {
  let calls: (Call | undefined)[] = [];
  let waiting: ((all: readonly Call[]) => void)[] = [];
  const meet = (rank: number, name: string, value: unknown): Promise<readonly Call[]> =>
    new Promise((resolve, reject) => {
      if (calls[rank]) return reject(new Error(`rank ${rank} calls ${name} while its ${calls[rank].name} is under way`));
      calls[rank] = { name, value };
      waiting[rank] = resolve;
      if (calls.filter(Boolean).length < size) return;
      const [all, resolvers] = [calls as Call[], waiting];
      [calls, waiting] = [[], []];
      if (all.some((call) => call.name !== name))
        return reject(new Error(`ranks do not make the same call: ${all.map((call) => call.name)}`));
      for (const done of resolvers) done(all);
    });
  const queues: Promise<unknown>[] = Array.from({ length: size }, () => Promise.resolve());
  /** Calls of a rank happen one after the other, as over MPI. */
  const inTurn = <T>(rank: number, name: string, value: unknown, use: (all: readonly unknown[]) => T): Promise<T> => {
    const result = queues[rank].then(async () => use((await meet(rank, name, value)).map((call) => call.value)));
    queues[rank] = result.catch(() => undefined);
    return result;
  };
  return Array.from({ length: size }, (_, rank) => ({
    ...{ rank, size, localRank: rank, localSize: size, cores: 1, library: 'one process' },
    allReduceSum: async (x, { mode = 'fast', shards = size, parts = [x] }: SumOptions = {}) => {
      const own = parts.map((part) => part.slice());
      const sum = await inTurn(rank, 'sum', own, (all) => {
        const given = all as Float32Array[][];
        return mode === 'fast' ? given.map(([first]) => first).reduceRight(plus) : treeSum(given, mode === 'bf16' ? size : shards);
      });
      x.set(sum);
    },
    broadcast: async (x, root = 0) => {
      const bytes = new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
      bytes.set(await inTurn(rank, 'broadcast', bytes.slice(), (all) => all[root] as Uint8Array));
    },
    barrier: () => inTurn(rank, 'barrier', undefined, () => {}),
    agree: (flags) => inTurn(rank, 'agree', flags, (all) => (all as number[]).reduce((a, b) => (a | b) >>> 0, 0)),
    abort: (code, why) => {
      throw new Error(`aborted with ${code}: ${why}`);
    },
    close: () => inTurn(rank, 'close', undefined, () => {}),
  }));
}

const plus = (a: Float32Array, b: Float32Array): Float32Array => a.map((value, i) => value + b[i]);

function treeSum(parts: readonly (readonly Float32Array[])[], leaves: number): Float32Array {
  const values = parts.flat();
  const numbers = nodesOfRanks(leaves, parts.length);
  const nodes = values.map((value, i) => ({ first: numbers[3 * i + 1], end: numbers[3 * i + 2], value }));
  const sum = (node: TreeNode): Float32Array => {
    const given = nodes.find(({ first, end }) => first === node.first && end === node.end);
    if (given) return given.value;
    const middle = middleOf(node);
    return plus(sum({ first: node.first, end: middle }), sum({ first: middle, end: node.end }));
  };
  return sum({ first: 0, end: leaves });
}
