import { expect, test } from 'vitest';
import type { ChildEnd } from './start-child.js';
import { type Outcome, supervise } from './supervise.js';

const killed: ChildEnd = { code: null, signal: 'SIGKILL', begun: true, asked: false };
const ended = (code: number): ChildEnd => ({ code, signal: null, begun: true, asked: false });

/** Codes as the command line has them. */
const outcomeOf = ({ code }: ChildEnd): Outcome =>
  code === 0 ? 'done' : code === 5 ? 'diverged' : code === null || code === 1 ? 'failed' : 'refused';

/** Supervise processes that come to these ends, one after the other; a number in between is an update that the run commits. */
async function watch(...story: (ChildEnd | number)[]) {
  const starts: boolean[] = [];
  const said: string[] = [];
  let step = 0;
  const start = async (resume: boolean): Promise<ChildEnd> => {
    starts.push(resume);
    while (typeof story[0] === 'number') step = story.shift() as number;
    return story.shift() as ChildEnd;
  };
  const run = {
    run: 'RUN',
    maxRestarts: 2,
    start,
    outcomeOf,
    committedStep: async () => step,
    onRestart: (text: string) => said.push(text),
  };
  const end = await supervise(run).then(
    ({ code }) => ({ code }),
    ({ kind, message }: { kind: string; message: string }) => ({ kind, message }),
  );
  return { starts, said, ...end };
}

test('a process that crashes or is killed is started again from its last checkpoint', async () => {
  expect(await watch(killed, 40, ended(1), ended(0))).toEqual({
    starts: [false, true, true],
    code: 0,
    said: ['RUN was killed by SIGKILL; restart 1 of 2 from update 0', 'RUN ended with code 1; restart 2 of 2 from update 40'],
  });
});

test('it is started again as often as is allowed', async () => {
  expect(await watch(killed, killed, 7, killed)).toMatchObject({
    starts: [false, true, true],
    kind: 'crashed',
    message: 'RUN was killed by SIGKILL after 2 restarts; it can be resumed from update 7',
  });
});

test('a process that was killed before its run began is started again as it was', async () => {
  expect(await watch({ ...killed, begun: false }, killed, ended(0))).toMatchObject({ starts: [false, false, true], code: 0 });
});

test('a run that diverges is tried once more from the same checkpoint, and no further', async () => {
  expect(await watch(20, ended(5), ended(0))).toMatchObject({ starts: [false, true], code: 0 });
  expect(await watch(20, ended(5), 40, ended(5), ended(0))).toMatchObject({ code: 0 });
  expect(await watch(20, ended(5), ended(5))).toMatchObject({
    starts: [false, true],
    kind: 'diverged',
    message: 'RUN diverged twice after update 20, so it is no passing fault; see above for a way out',
  });
});

test.each([
  ['a usage error', ended(2), 2],
  ['bad data', ended(3), 3],
  ['an interruption', ended(130), 130],
  ['a kill that was passed on before the run could note it', { ...killed, asked: true }, null],
])('%s is not tried again', async (_, end, code) => {
  expect(await watch(end)).toEqual({ starts: [false], said: [], code });
});
