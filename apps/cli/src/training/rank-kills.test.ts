import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { soakCount } from '@tract/checkpoint/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { bin, mpi, rankRuns } from '../testing/rank-runs.js';
import { lackingMpi, leftOf, type RanksStarted, ranksOf, type StartOptions, startRanks } from '../testing/start-ranks.js';

const kills = process.env.TRACT_SOAK_RANKS === undefined ? 0 : soakCount('RANKS', 1);
const unasked = kills === 0 ? 'npm run soak -- --ranks N runs them' : lackingMpi(mpi);
if (unasked) console.log(`kills of ranks over ${mpi}: skipped, ${unasked}`);

describe.skipIf(unasked !== undefined)(`ranks over ${mpi}`, () => {
  const { at, env, alone, training, bytesOf } = rankRuns();
  /** Ten updates. */
  const command = (run: string): string[] => training(run, '--images', '160', '--reduce', 'ordered', '--resume', 'latest');
  const startRun = (run: string, options: Partial<StartOptions> = {}): RanksStarted =>
    startRanks(2, [bin, ...command(run)], { mpi, env: env(), ...options });

  beforeAll(async () => {
    expect(await alone(command('whole'))).toMatchObject({ code: 0 });
  });

  test(`${kills} kills of a rank or of the launcher at any moment: what goes on from them ends in the bytes of one process`, async () => {
    const began = performance.now();
    expect(await startRun('timed').ended).toMatchObject({ code: 0 });
    const duration = performance.now() - began;
    for (let killed = 0, session = 0, finished = 0; killed < kills || finished === 0; session++) {
      const started = startRun('killed', { limit: 600 });
      let hit = false;
      if (killed < kills) {
        await Promise.race([started.ended, sleep(duration * ((session * 0.6180339887498949) % 1))]);
        hit = killOne(started, session % 3);
      }
      const { code, text } = await started.ended;
      expect(await leftOf(started)).toEqual([]);
      if (hit && code !== 0) {
        killed++;
        continue;
      }
      expect(code, text).toBe(0);
      expect(bytesOf('killed')).toEqual(bytesOf('whole'));
      finished++;
      rmSync(at('killed'), { recursive: true });
    }
  });

  /** Kill the launcher, the first rank or the last one. Returns if there was one. */
  function killOne(started: RanksStarted, which: number): boolean {
    const ranks = ranksOf(started);
    const victim = [started.child.pid, ranks[0], ranks.at(-1)][which];
    if (victim === undefined) return false;
    try {
      process.kill(victim, 'SIGKILL');
      return true;
    } catch {
      return false;
    }
  }
});
