import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors } from '@tract/checkpoint';
import { describe, expect, test } from 'vitest';
import { committedSteps } from '../testing/committed-steps.js';
import { bin, mpi, rankRuns, unasked } from '../testing/rank-runs.js';
import { finished, ranksOf } from '../testing/start-ranks.js';
import { readLog, until } from '../testing/tract.js';

if (unasked) console.log(`ranks over ${mpi}: skipped, ${unasked}`);

describe.skipIf(unasked !== undefined)(`trainings by ranks over ${mpi}`, () => {
  const { at, alone, start, training, train, bytesOf, outcomeOf } = rankRuns();
  const ordered = ['--reduce', 'ordered'];
  const weightsOf = (run: string, step: number) =>
    readSafetensors(readFileSync(join(at(run), `checkpoints/step-${step}/state.safetensors`))).tensors;

  test('ordered sums end in the bytes of one process for 2, 3 and 4 ranks and buckets of any size; fast ones are close', async () => {
    expect(await alone(training('one', ...ordered))).toMatchObject({ code: 0 });
    for (const [ranks, ...more] of [[2], [3, '--bucket', '20K'], [4, '--bucket', '1K']] as const) {
      expect(await finished(train(ranks, `of-${ranks}`, ...ordered, ...more))).toMatchObject({ code: 0 });
      expect(bytesOf(`of-${ranks}`)).toEqual(bytesOf('one'));
      expect(outcomeOf(`of-${ranks}`)).toMatchObject({ outcome: 'done', code: 0, step: 6, ranks });
    }
    // After one update: from the second on Adam makes a sign of a rounding.
    const single = ['--images', '16'];
    expect(await alone(training('plain', ...single))).toMatchObject({ code: 0 });
    expect(await finished(train(2, 'fast', ...single))).toMatchObject({ code: 0 });
    const [plain, fast] = [readLog(at('plain')), readLog(at('fast'))].map(([line]) => line);
    expect(Math.abs(fast.loss / plain.loss - 1)).toBeLessThan(1e-6);
    expect(Math.abs(fast.gradNorm / plain.gradNorm - 1)).toBeLessThan(1e-6);
    const [was, is] = ['plain', 'fast'].map((run) =>
      [...weightsOf(run, 1)].flatMap(([name, { data }]) => (name.startsWith('moments.m') ? [...(data as Float32Array)] : [])),
    );
    const norm = (values: readonly number[]): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
    expect(norm(was.map((value, i) => value - is[i]))).toBeLessThanOrEqual(1e-6 * norm(was));
  });

  test('another number of ranks goes on with ordered sums alone', async () => {
    expect(await finished(train(2, 'resumed', '--images', '48'))).toMatchObject({ code: 0 });
    const other = await finished(train(3, 'resumed', '--resume', 'latest'));
    expect(other).toMatchObject({ code: 2, text: expect.stringContaining('settings') });
    const { text } = await finished(train(3, 'resumed', '--resume', '--override', '--images', '64'));
    expect(text).toContain('were summed fast by 2 ranks, now they would be fast by 3 ranks');
    cpSync(at('one'), at('again'), { recursive: true });
    rmSync(join(at('again'), 'checkpoints/step-6'), { recursive: true });
    expect(await finished(train(3, 'again', ...ordered, '--resume', 'latest'))).toMatchObject({ code: 0 });
    expect(bytesOf('again')).toEqual(bytesOf('one'));
  });

  test('a run whose rank is killed says that it did not end, and goes on to the bytes of one that was not', async () => {
    const again = () => train(2, 'killed', ...ordered, '--resume', 'latest');
    const started = again();
    await until(started, () => existsSync(join(at('killed'), 'checkpoints/step-2')));
    process.kill(ranksOf(started).at(-1)!, 'SIGKILL');
    // Open MPI's launcher ends before the ranks that it ends, and until then the run is theirs.
    expect((await finished(started)).code).not.toBe(0);
    expect(outcomeOf('killed')).toMatchObject({ outcome: 'running' });
    const { code, text } = await finished(again());
    expect(code, text).toBe(0);
    expect(bytesOf('killed')).toEqual(bytesOf('one'));
  });

  test('USR1 to the launcher is a checkpoint, and the run goes on to the weights of one that was not asked', async () => {
    const started = train(2, 'saved', ...ordered, '--checkpoint-every', '96', '--keep', '9');
    await until(started, () => existsSync(join(at('saved'), 'outcome.json')));
    started.child.kill('SIGUSR1');
    expect(await finished(started)).toMatchObject({ code: 0 });
    const steps = committedSteps(at('saved'));
    expect(steps[0]).toBe(6);
    expect(steps).toHaveLength(2);
    expect(weightsOf('saved', 6)).toEqual(weightsOf('one', 6));
  });

  test('ranks divide shards between them, and what they measure has the bytes of one process', async () => {
    const digits = ['--features', 'digits', '--silent'];
    const sharded = (out: string): string[] => {
      const drawn = '--steps 1 --count 60 --shards 5 --threads 1'.split(' ');
      return ['fid', 'mnist-student', 'mnist:test', ...digits, ...drawn, '--out', at(out)];
    };
    expect(await finished(start(2, [bin, ...sharded('by-ranks'), '--shard', 'auto']))).toMatchObject({ code: 0 });
    expect(await alone(sharded('by-one'))).toMatchObject({ code: 0 });
    const merged = async (out: string) => {
      expect(await alone(['fid', 'merge', at(out), 'mnist:test', ...digits])).toMatchObject({ code: 0 });
      return readFileSync(join(at(out), 'merged.npz'));
    };
    expect(await merged('by-ranks')).toEqual(await merged('by-one'));
  });
});
