import { join } from 'node:path';
import { stubProject } from '@tract/backend-tensorflow/testing';
import { afterEach, expect, test, vi } from 'vitest';
import { scratchFolder } from '../testing/tract.js';
import { tractHere } from '../testing/tract-here.js';

afterEach(() => vi.restoreAllMocks());

const backendsIn = async (folder: string) => {
  vi.spyOn(process, 'cwd').mockReturnValue(folder);
  const { code, out, err } = await tractHere('doctor', '--backend', 'cpu', '--json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out).backends;
};

test('without TensorFlow, --backend tensorflow ends with code 4 and says what to install, and doctor says the same', async () => {
  const { path, remove } = scratchFolder();
  const missing = 'neither @tensorflow/tfjs-node-gpu nor @tensorflow/tfjs-node is installed where it is looked for; run: npm install';
  expect(await backendsIn(path)).toContainEqual({ name: 'tensorflow', available: false, detail: expect.stringContaining(missing) });
  const args = ['sample', 'mnist-student', '--steps', '1', '--count', '1', '--out', join(path, 'digit.png'), '--backend', 'tensorflow'];
  expect(await tractHere(...args)).toEqual({ code: 4, out: '', err: expect.stringContaining(`error: tensorflow: ${missing}`) });
  remove();
});

test('doctor tells which TensorFlow there is and the device that it has found', async () => {
  const { folder, remove } = stubProject({ 'tfjs-node': {}, 'tfjs-node-gpu': { gpu: true } });
  const detail = 'a GPU, by TensorFlow 2.0.0-stub of @tensorflow/tfjs-node-gpu 4.22.0';
  expect(await backendsIn(folder)).toContainEqual({ name: 'tensorflow', available: true, detail });
  remove();
});
