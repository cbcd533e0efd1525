import '@tensorflow/tfjs-backend-cpu';
import { isAgreed, PeerError, single } from '@tract/distributed';
import { ranksHere } from '@tract/distributed/testing';
import { memory, useBackend } from '@tract/tensor';
import { expectClose } from '@tract/tensor/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { memoryFiles } from './memory-files.js';
import type { Ranks } from './ranks.js';
import { Diverged, Interrupted, RunError } from './run-error.js';
import { runStore } from './run-store.js';
import { type SharedTaskOptions, sharedTask } from './testing/shared-task.js';
import { type TrainOptions, train } from './train.js';

beforeAll(() => useBackend('cpu'));

type Disk = Map<string, Uint8Array>;
type OfRank<T> = (rank: number) => T;

/** Train with so many ranks that share nothing but what they send, and rank 0's files. Returns what became of each. */
function trainRanks(
  size: number,
  disk: Disk,
  ranks: Omit<Ranks, 'collective'> = {},
  { options = () => ({}), task = () => ({}) }: { readonly options?: OfRank<TrainOptions>; readonly task?: OfRank<SharedTaskOptions> } = {},
) {
  const collectives = size === 1 ? [single()] : ranksHere(size);
  return Promise.allSettled(
    collectives.map((collective, rank) =>
      train(sharedTask(task(rank)), runStore(memoryFiles(rank === 0 ? disk : new Map())), {
        ...options(rank),
        ranks: { exitCodeOf: (error) => (error instanceof Diverged ? 5 : 2), ...ranks, collective },
      }),
    ),
  );
}

const weightsOf = async (disk: Disk): Promise<number[]> => {
  const found = await runStore(memoryFiles(disk)).latest();
  return [...(found!.tensors.get('w')!.data as Float32Array)];
};

const outcomeOf = (disk: Disk) => JSON.parse(new TextDecoder().decode(disk.get('outcome.json'))) as Record<string, unknown>;
const errorsOf = (results: PromiseSettledResult<unknown>[]): unknown[] =>
  results.map((result) => (result.status === 'rejected' ? result.reason : undefined));

async function trained(size: number, ranks: Omit<Ranks, 'collective'> = {}): Promise<number[]> {
  const disk: Disk = new Map();
  expect(errorsOf(await trainRanks(size, disk, ranks))).toEqual(Array(size).fill(undefined));
  expect(outcomeOf(disk)).toMatchObject({ outcome: 'done', code: 0, step: 10, ranks: size });
  return weightsOf(disk);
}

describe('any number of ranks', () => {
  test('ends in the same bits with ordered sums', async () => {
    const before = memory().tensors;
    const one = await trained(1, { reduce: 'ordered', shards: 6 });
    for (const size of [2, 3, 4, 5, 6]) expect(await trained(size, { reduce: 'ordered', shards: 6 })).toEqual(one);
    expect(memory().tensors).toBe(before);
  });

  test('ends where one process does with fast sums, to float32', async () => {
    const disk: Disk = new Map();
    await train(sharedTask(), runStore(memoryFiles(disk)));
    for (const size of [1, 2, 3, 5])
      expectClose(await trained(size), await weightsOf(disk), 1e-6, 'float32 sums over 12 images in another order');
  });
});

test('a signal to any rank stops all after the same update, with a commit of rank 0, and another number of ranks goes on to the same bits', async () => {
  const whole = await trained(1, { reduce: 'ordered', shards: 4 });
  const disk: Disk = new Map();
  const stop = new AbortController();
  const errors = errorsOf(
    await trainRanks(
      2,
      disk,
      { reduce: 'ordered', shards: 4 },
      {
        options: (rank) => (rank === 1 ? { signal: stop.signal } : {}),
        task: (rank) => ({ onStep: (step) => void (rank === 1 && step === 5 && stop.abort('SIGTERM')) }),
      },
    ),
  );
  expect(errors.map((error) => error instanceof Interrupted && isAgreed(error))).toEqual([true, true]);
  expect(outcomeOf(disk)).toMatchObject({ outcome: 'interrupted', code: 2 });
  expect((await runStore(memoryFiles(disk)).committedSteps())[0]).toBe(6);
  expect(errorsOf(await trainRanks(3, disk, { reduce: 'ordered', shards: 4 }))).toEqual([undefined, undefined, undefined]);
  expect(await weightsOf(disk)).toEqual(whole);
});

test('a request to save on any rank is a commit, and the run goes on', async () => {
  const disk: Disk = new Map();
  const commits: number[] = [];
  let asked = false;
  const results = await trainRanks(
    2,
    disk,
    {},
    {
      options: (rank) => ({
        saveAsked: () => {
          const is = rank === 1 && asked;
          asked &&= !is;
          return is;
        },
        onCommit: ({ step }) => void (rank === 0 && commits.push(step)),
      }),
      task: () => ({
        onStep: (step) => {
          if (step === 5) asked = true;
          return 0;
        },
      }),
    },
  );
  expect(errorsOf(results)).toEqual([undefined, undefined]);
  expect(commits).toEqual([4, 6, 8, 10]);
});

test('a loss that is not finite on one rank ends all in the same update, and nothing of it is committed', async () => {
  const disk: Disk = new Map();
  const errors = errorsOf(
    await trainRanks(3, disk, {}, { task: (rank) => ({ onStep: (step) => (rank === 2 && step === 6 ? Number.NaN : 0) }) }),
  );
  expect(errors[0]).toBeInstanceOf(Diverged);
  expect(errors.slice(1)).toEqual([expect.any(PeerError), expect.any(PeerError)]); // who tell that rank 0 has it
  expect(errors.map(isAgreed)).toEqual([true, true, true]);
  expect(outcomeOf(disk)).toMatchObject({ outcome: 'diverged', code: 5 });
  expect(await runStore(memoryFiles(disk)).committedSteps()).toEqual([4]);
});

test('weights that part are found at the next comparison', async () => {
  const task = (rank: number) => ({ onWeights: (step: number, w: Float32Array) => void (rank === 1 && step === 4 && w.fill(0, 3)) });
  const errors = errorsOf(await trainRanks(2, new Map(), { compareEvery: 3 }, { task }));
  expect(String(errors[1])).toContain('w of rank 1 is no longer that of rank 0 after update 6; resume from the last checkpoint');
  expect(errors[0]).toMatchObject({ kind: 'peer', peer: 1, exitCode: 2 });
});

describe('what cannot be is refused on every rank, and nothing is written', () => {
  const refused = async (size: number, ...rest: [Omit<Ranks, 'collective'>?, { task?: OfRank<SharedTaskOptions> }?]) => {
    const disk: Disk = new Map();
    const errors = errorsOf(await trainRanks(size, disk, ...rest));
    expect(errors.every((error) => error instanceof Error && isAgreed(error))).toBe(true);
    expect(disk.size).toBe(0);
    return errors.map(String);
  };

  test('ranks with other settings', async () => {
    const task = (rank: number) => ({ settings: rank === 1 ? { learningRate: 0.2 } : {} });
    const [first, second] = await refused(2, {}, { task });
    expect(second).toContain('rank 1 differs from rank 0: learningRate 0.1 -> 0.2; start all ranks with the same command line');
    expect(first).toContain('rank 1 failed: rank 1 differs');
  });

  test('more ranks than parts of a batch', async () => {
    expect((await refused(3, { reduce: 'ordered', shards: 2 }))[0]).toContain('3 ranks are more than the 2 shards of a batch; start fewer');
    expect((await refused(13))[0]).toContain('13 ranks are more than the 12 images of a batch');
    expect((await refused(2, { reduce: 'ordered', shards: 20 }))[0]).toContain('a batch of 12 images has no 20 shards');
  });
});

test('a run goes on with the sums that it was begun with, or where that is allowed', async () => {
  const disk: Disk = new Map();
  const stop = new AbortController();
  const task = () => ({ onStep: (step: number) => void (step === 2 && stop.abort('SIGTERM')) });
  await trainRanks(2, disk, {}, { options: () => ({ signal: stop.signal }), task });
  const before = [...disk.keys()].filter((path) => path.startsWith('checkpoints'));
  for (const [size, reduce] of [
    [3, 'fast'],
    [2, 'ordered'],
    [2, 'bf16'],
  ] as const) {
    const [error] = errorsOf(await trainRanks(size, disk, { reduce }));
    expect(error).toBeInstanceOf(RunError);
    expect(String(error)).toContain('were summed fast by 2 ranks, now they would be');
  }
  await expect(train(sharedTask(), runStore(memoryFiles(disk)))).rejects.toThrow('now they would be by one process');
  expect([...disk.keys()].filter((path) => path.startsWith('checkpoints'))).toEqual(before);
  const warnings: string[] = [];
  const options = () => ({ override: true, onWarning: (sentence: string) => void warnings.push(sentence) });
  expect(errorsOf(await trainRanks(3, disk, {}, { options }))).toEqual([undefined, undefined, undefined]);
  expect(warnings).toContainEqual(expect.stringContaining('now they would be fast by 3 ranks'));
});
