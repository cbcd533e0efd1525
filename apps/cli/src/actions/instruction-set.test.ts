import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nativeInfo } from '@tract/backend-native';
import { afterAll, expect, test } from 'vitest';
import { committedSteps } from '../testing/committed-steps.js';
import { writeTinyDigits } from '../testing/tiny-digits.js';
import { scratchFolder, tract } from '../testing/tract.js';

const scratch = scratchFolder();
afterAll(scratch.remove);
const folder = (name: string): string => join(scratch.path, name);
const env = { TRACT_MNIST: writeTinyDigits(folder('digits')) };

// The last set is the one that every processor of this family has.
const [first, last] = [nativeInfo().instructionSets[0], nativeInfo().instructionSets.at(-1)!];
const reason = first === last ? `this processor has ${last} alone` : undefined;

const train = (run: string, ...more: string[]) =>
  tract(
    [
      ...['train', '--preset', 'mnist-tiny', '--out', folder(run), '--images', '8', '--batch', '2', '--checkpoint-every', '4'],
      ...['--samples', '0', '--threads', '1', '--silent', ...more],
    ],
    env,
  );
const environment = (run: string) => JSON.parse(readFileSync(folder(`${run}/environment.json`), 'utf8'));

test('a run tells what computed it, and goes on with another instruction set only where that is allowed', async () => {
  expect(await train('run', '--instruction-set', last)).toMatchObject({ code: 0, stderr: '' });
  expect(environment('run')).toMatchObject({
    ...{ runtime: `node ${process.versions.node}`, backend: 'native', instructions: last, threads: 1 },
    compiler: expect.stringMatching(/\d+\.\d+/),
  });
  expect(committedSteps(folder('run'))).toEqual([4, 2]);
  const onward = ['--resume', folder('run/checkpoints/step-2'), '--instruction-set'];
  expect(await train('same', ...onward, last)).toMatchObject({ code: 0, stderr: '' });
  if (reason !== undefined) return console.warn(`another instruction set is not tried: ${reason}`);

  const other = `checkpoints/step-2 was computed with native ${last}, now with native ${first}, which gives other bits`;
  expect(await train('other', ...onward, first)).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(`^error: .*${other}.*--override`),
  });
  expect(await train('other', ...onward, first, '--override')).toMatchObject({ code: 0, stderr: expect.stringContaining(other) });
  expect(environment('other').instructions).toBe(first);
});

test('an instruction set that is not there is an error of usage that names those that are', async () => {
  const sample = (...more: string[]) =>
    tract(['sample', 'mnist-student', '--count', '1', '--out', folder('never.png'), '--silent', ...more]);
  expect(await sample('--instruction-set', 'mmx')).toMatchObject({
    code: 2,
    stderr: `error: --instruction-set mmx: the native backend has ${nativeInfo().instructionSets.join(', ')} here\n`,
  });
  expect(await sample('--instruction-set', 'mmx', '--backend', 'wasm')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^error: --instruction-set mmx: .*possible: .*simd/),
  });
  expect(await sample('--instruction-set', 'mmx', '--backend', 'cpu')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('has none to choose from'),
  });
});
