import { createHash } from 'node:crypto';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { scratchFolder } from '../testing/tract.js';
import { tractHere } from '../testing/tract-here.js';

const scratch = scratchFolder();
afterAll(scratch.remove);
const runs = join(scratch.path, 'runs');
// Runs of 12 updates after 6 of them, as they were written before the run store was a library, when a U-Net had no kind.
cpSync(fileURLToPath(new URL('../../fixtures/old-runs', import.meta.url)), runs, { recursive: true });

/** SHA-256 of what the program that began the runs ended them with, on the cpu backend. */
const ends = {
  teacher: {
    'checkpoints/step-12/state.safetensors': '73ec765dbeef93633bdb790b7a227857e188999216e99c4539498ed5fed2a0cf',
  },
  student: {
    'checkpoints/step-12/state.safetensors': '5e1684abdf58f7591644463932dffeaa4f2a883f379d4b9b9a158521b4c6600a',
  },
};

const digests = (run: keyof typeof ends) =>
  Object.fromEntries(
    Object.keys(ends[run]).map((file) => [
      file,
      createHash('sha256')
        .update(readFileSync(join(runs, run, file)))
        .digest('hex'),
    ]),
  );

// The fixtures name their data and teacher by relative paths, so those differ here and have to be allowed.
const resume = (run: string) => [
  ...['--config', join(runs, run, 'config.json'), '--out', join(runs, run), '--data', `folder=${join(runs, 'pictures')}`],
  ...['--resume', '--override', '--backend', 'cpu', '--samples', '0', '--silent'],
];

test('a teacher that an older version began goes on to the bits that version ended with', async () => {
  const { code, err } = await tractHere('train', ...resume('teacher'));
  expect({ code, err: err.replaceAll(runs, 'RUNS') }).toEqual({
    code: 0,
    err: 'warning: going on with other settings: data "folder=pictures" -> "folder=RUNS/pictures"\n',
  });
  expect(digests('teacher')).toEqual(ends.teacher);
});

test('so does a distillation, over the border of its phases', async () => {
  const { code, err } = await tractHere('distill', ...resume('student'), '--teacher', join(runs, 'teacher/model'));
  expect({ code, err: err.replaceAll(runs, 'RUNS') }).toEqual({
    code: 0,
    err: 'warning: going on with other settings: data "folder=pictures" -> "folder=RUNS/pictures", teacher "teacher/model" -> "RUNS/teacher/model"\n',
  });
  expect(digests('student')).toEqual(ends.student);
});

test.each([
  ['batch', 'train', 'teacher', ['--batch', '4']],
  ['network', 'train', 'teacher', ['--set', 'network.channels=8']],
  ['prediction', 'train', 'teacher', ['--prediction', 'eps']],
  ['batch', 'distill', 'student', ['--batch', '4']],
  ['schedule', 'distill', 'student', ['--schedule', '8,4,1']],
] as const)('--override cannot change the %s of a run of tract %s', async (name, command, run, options) => {
  const { code, err } = await tractHere(command, ...resume(run), ...options);
  expect({ code, err }).toEqual({
    code: 2,
    err: expect.stringMatching(
      new RegExp(`error: ${name}\\S* .* cannot be overridden: .* would not be the same run; choose another --out\n$`),
    ),
  });
});
