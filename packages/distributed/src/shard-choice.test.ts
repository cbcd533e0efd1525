import { expect, test } from 'vitest';
import { shardsOf } from './shard-choice.js';

const slurm = (id: number, min: number, step: number) => ({
  SLURM_ARRAY_TASK_ID: `${id}`,
  SLURM_ARRAY_TASK_MIN: `${min}`,
  SLURM_ARRAY_TASK_STEP: `${step}`,
  SLURM_ARRAY_TASK_COUNT: '1', // of those that were submitted again
});

test('every scheduler divides the same shards', () => {
  const all = [0, 1, 2, 3, 4];
  const of = (env: (i: number) => Record<string, string>, tasks = 5) =>
    Array.from({ length: tasks }, (_, i) => shardsOf(5, 'auto', env(i)))
      .flat()
      .sort();
  expect(of((i) => slurm(3 + 2 * i, 3, 2))).toEqual(all);
  expect(of((i) => ({ JOB_COMPLETION_INDEX: `${i}` }))).toEqual(all);
  for (const ranks of [1, 2, 3, 7]) {
    expect(of((i) => ({ OMPI_COMM_WORLD_RANK: `${i}`, OMPI_COMM_WORLD_SIZE: `${ranks}` }), ranks)).toEqual(all);
    expect(of((i) => ({ PMI_RANK: `${i}`, PMI_SIZE: `${ranks}` }), ranks)).toEqual(all);
    expect(of((i) => ({ SLURM_STEP_ID: '0', SLURM_PROCID: `${i}`, SLURM_STEP_NUM_TASKS: `${ranks}` }), ranks)).toEqual(all);
  }
  expect([shardsOf(5, 'all', {}), shardsOf(5, 3, {})]).toEqual([all, [3]]);
});

test('a shard that is not there, and none at all, are refused', () => {
  expect(() => shardsOf(4, 'auto', slurm(9, 3, 2))).not.toThrow();
  expect(() => shardsOf(3, 'auto', slurm(9, 3, 2))).toThrow('task 9 of the array would be shard 3, but there are 3, counted from 0');
  expect(() => shardsOf(3, 'auto', slurm(4, 3, 2))).toThrow('would be shard 0.5');
  expect(() => shardsOf(2, 2, {})).toThrow('--shard 2 would be shard 2');
  expect(() => shardsOf(2, 'auto', { SLURM_PROCID: '0', SLURM_NTASKS: '2' })).toThrow('--shard auto found none of');
});
