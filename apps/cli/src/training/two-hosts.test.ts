import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { soakCount } from '@tract/checkpoint/testing';
import { imagePng } from '@tract/images';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bin, rankRuns, saidBy } from '../testing/rank-runs.js';
import { lackingMpi, leftOf, processesOf, type RanksStarted, ranksOf, startRanks } from '../testing/start-ranks.js';
import { lackingHosts, type TwoHosts, twoHosts } from '../testing/two-hosts.js';

const updates = process.env.TRACT_SOAK_HOSTS === undefined ? 0 : soakCount('HOSTS', 40);
const lacking = lackingMpi('open-mpi') ?? lackingHosts();
const unasked = updates === 0 ? 'npm run soak -- --hosts N runs them' : lacking;
if (unasked) console.log(`two hosts of network namespaces: skipped, ${unasked}`);

/** The paper's network for CIFAR-10, 60 million parameters: 240 MB of gradients. */
const settings = {
  preset: 'mnist-teacher',
  network: { channels: 256, channelMult: [1, 1, 1], blocks: 3, attentionResolutions: [8, 16], imageSize: 32, inChannels: 3 },
};
const gradientBytes = 240e6;
const batch = 16;

describe.skipIf(unasked !== undefined)('two hosts of network namespaces, over Open MPI', () => {
  const { at, env, alone, training, bytesOf, program } = rankRuns();
  let hosts: TwoHosts;
  beforeAll(() => {
    hosts = twoHosts(at('agent'));
  });
  afterAll(() => hosts?.remove());

  /** Start a rank on each host. */
  function start(args: readonly string[], { more = {}, limit }: { more?: NodeJS.ProcessEnv; limit: number }): RanksStarted {
    const variables = [...Object.keys(env()), 'TRACT_COLLECTIVE_TIMEOUT_MS', 'TRACT_TEST_MARK'];
    return startRanks(2, args, { mpi: 'open-mpi', launcher: hosts.launcher(variables), limit, env: { ...env(), ...more } });
  }

  test('a link that is cut in the middle of a training ends it within the time limit, and it goes on to the bytes of one process', async () => {
    // More updates than pass between a checkpoint and the cut.
    const command = (run: string): string[] => training(run, '--images', '960', '--reduce', 'ordered', '--resume', 'latest');
    expect(await alone(command('long'))).toMatchObject({ code: 0 });
    const cut = start([bin, ...command('hosts')], { more: { TRACT_COLLECTIVE_TIMEOUT_MS: '5000' }, limit: 300 });
    while (!existsSync(join(at('hosts'), 'checkpoints/step-2')) && cut.child.exitCode === null) await sleep(20);
    hosts.cut();
    const gone = Date.now() + 60_000;
    // mpirun may end before its ranks, or stay when they are gone; whoever watches it ends it then.
    while (Date.now() < gone && ranksOf(cut).length > 0) await sleep(100);
    expect(ranksOf(cut)).toEqual([]);
    cut.child.kill('SIGTERM');
    await sleep(3000);
    cut.child.kill('SIGKILL');
    expect((await cut.ended).code).not.toBe(0);
    await hosts.join();
    for (const pid of processesOf(cut)) process.kill(Number(pid), 'SIGKILL'); // the far daemon, which waits for its keepalive
    expect(await leftOf(cut)).toEqual([]);
    const { code, text } = await start([bin, ...command('hosts')], { limit: 300 }).ended;
    expect(code, text).toBe(0);
    expect(bytesOf('hosts')).toEqual(bytesOf('long'));
  });

  test(`${updates} updates of 60 million parameters over 1 Gbit/s: a step takes at most 1.25 times the longer of its computing and its sums`, async () => {
    mkdirSync(at('pictures'));
    for (let i = 0; i < 64; i++) {
      const data = Uint8Array.from({ length: 32 * 32 * 3 }, (_, j) => (j * (i + 3) * 7) % 256);
      writeFileSync(join(at('pictures'), `${i}.png`), imagePng({ data, count: 1, height: 32, width: 32, channels: 3 }, 0));
    }
    /** A command that trains on so many images an update. */
    const command = (run: string, images: number): string[] => {
      const total = images * updates;
      const more = { data: `folder=${at('pictures')}`, batch: images, images: total, checkpointEvery: total };
      writeFileSync(at(`${run}.json`), JSON.stringify({ ...settings, ...more }));
      return [bin, 'train', '--config', at(`${run}.json`), '--out', at(run), '--threads', '1', '--samples', '0', '--silent'];
    };
    /** Seconds of an update, the median of the lines of the log but for the first. */
    const stepSeconds = (run: string, images: number): number => {
      const lines = readFileSync(join(at(run), 'stats.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .slice(1);
      const speeds = lines.map((line) => (JSON.parse(line) as { imagesPerSecond: number }).imagesPerSecond).sort((a, b) => a - b);
      return images / speeds[speeds.length >> 1];
    };
    const limit = 60 * updates;
    hosts.limit(1e9);
    // Both halves of a batch at once, since they share the machine's memory, but not the processes.
    const halves = ['half-0', 'half-1'].map((run) =>
      startRanks(1, command(run, batch / 2), { mpi: 'open-mpi', launcher: ['env'], limit, env: env() }),
    );
    for (const half of halves) expect(await half.ended).toMatchObject({ code: 0 });
    const compute = Math.max(...['half-0', 'half-1'].map((run) => stepSeconds(run, batch / 2)));
    const sums = program(`await open();
      const buckets = Array.from({ length: Math.ceil(${gradientBytes} / 2 ** 20 / 25) }, () => new Float32Array(25 * 2 ** 18));
      const seconds = [];
      for (let i = 0; i < 4; i++) {
        await ranks.barrier();
        const began = performance.now();
        await Promise.all(buckets.map((bucket) => ranks.allReduceSum(bucket)));
        seconds.push((performance.now() - began) / 1000);
      }
      say(seconds.slice(1)); await ranks.close();`);
    const summed = await start(sums, { limit }).ended;
    expect(summed).toMatchObject({ code: 0 });
    const [communication] = (saidBy(summed) as number[][]).map((seconds) => [...seconds].sort((a, b) => a - b)[1]);
    const { code, text } = await start(command('both', batch), { limit }).ended;
    expect(code, text).toBe(0);
    const step = stepSeconds('both', batch);
    const ratio = step / Math.max(compute, communication);
    console.log(
      `a step by two hosts ${step.toFixed(2)} s; computing alone ${compute.toFixed(2)} s, sums alone ${communication.toFixed(2)} s: ${ratio.toFixed(2)}x the longer`,
    );
    expect(ratio).toBeLessThanOrEqual(1.25);
  });
});
