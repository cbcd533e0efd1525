import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { checkpointPath } from './checkpoints.js';
import { type End, supervise } from './supervise.js';
import { scratchFolder } from './testing/tract.js';

const scratch = scratchFolder();
afterAll(scratch.remove);

const killed: End = { code: null, signal: 'SIGKILL', begun: true, asked: false };
const ended = (code: number): End => ({ code, signal: null, begun: true, asked: false });
const again = ['--resume', 'latest'];

let runs = 0;

/** Supervises processes that come to these ends, one after the other; a number in between is an update that the run commits. */
async function watch(...story: (End | number)[]) {
  const run = join(scratch.path, `run-${runs++}`);
  const starts: (readonly string[])[] = [];
  const said: string[] = [];
  const commits = (): void => {
    while (typeof story[0] === 'number') mkdirSync(checkpointPath(run, story.shift() as number), { recursive: true });
  };
  const start = async (more: readonly string[]): Promise<End> => {
    starts.push(more);
    commits();
    return story.shift() as End;
  };
  const io = { out: () => {}, err: (text: string) => void said.push(text), live: false, columns: () => 80 };
  const end = supervise(io, { run, maxRestarts: 2, start });
  const { exitCode, message } = await end.then(
    () => ({ exitCode: 0, message: '' }),
    (error: { exitCode: number; message: string }) => error,
  );
  return { starts, exitCode, message: message.replace(run, 'RUN'), said: said.join('').replaceAll(run, 'RUN') };
}

test('what crashes or is killed is started again from its last checkpoint', async () => {
  expect(await watch(killed, 40, ended(1), ended(0))).toEqual({
    starts: [[], again, again],
    exitCode: 0,
    message: '',
    said: 'RUN was killed by SIGKILL; restart 1 of 2 from update 0\nRUN ended with code 1; restart 2 of 2 from update 40\n',
  });
});

test('so often as is allowed', async () => {
  expect(await watch(killed, killed, 7, killed)).toMatchObject({
    starts: [[], again, again],
    exitCode: 1,
    message: 'RUN was killed by SIGKILL after 2 restarts; --resume goes on from update 7',
  });
});

test('what was killed before it came to its work is started again as it was', async () => {
  expect(await watch({ ...killed, begun: false }, killed, ended(0))).toMatchObject({ starts: [[], [], again], exitCode: 0 });
});

test('what diverges is tried once more from the same checkpoint, and no further', async () => {
  expect(await watch(20, ended(5), ended(0))).toMatchObject({ starts: [[], again], exitCode: 0 });
  expect(await watch(20, ended(5), 40, ended(5), ended(0))).toMatchObject({ exitCode: 0 });
  expect(await watch(20, ended(5), ended(5))).toMatchObject({
    starts: [[], again],
    exitCode: 5,
    message: 'RUN diverged twice after update 20, so it is no passing fault; see above for a way out',
  });
});

test.each([
  ['a usage error', ended(2), 2],
  ['bad data', ended(3), 3],
  ['an interruption', ended(130), 130],
  ['a kill that was passed on before the run could note it', { ...killed, asked: true }, 130],
])('%s is not tried again; the run has told it itself', async (_, end, exitCode) => {
  expect(await watch(end)).toEqual({ starts: [[]], exitCode, message: '', said: '' });
});
