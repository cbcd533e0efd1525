import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readNpz } from '@tract/checkpoint';
import { afterAll, expect, test, vi } from 'vitest';
import { scratchFolder, tract } from '../testing/tract.js';
import { tractHere } from '../testing/tract-here.js';

const scratch = scratchFolder();
afterAll(scratch.remove);

const sample = ['sample', 'mnist-student', '--steps', '1', '--count', '4', '--seed', '1', '--json'];
const levels = async (name: string): Promise<Uint8Array> =>
  (await readNpz(readFileSync(join(scratch.path, name)))).get('images')!.data as Uint8Array;

test('sample draws the images of the native backend on WebAssembly, on one thread and on two', async () => {
  const draw = async (name: string, ...more: string[]) => {
    const { code, stdout, stderr } = await tract([...sample, '--out', join(scratch.path, name), '--silent', ...more]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout).backend;
  };
  await draw('native.npz', '--backend', 'native');
  for (const threads of [1, 2]) {
    const backend = await draw(`wasm-${threads}.npz`, '--backend', 'wasm', '--threads', `${threads}`);
    expect(backend).toEqual({ name: 'wasm', threads, instructions: expect.stringMatching(/^(relaxed|simd)-threads$/) });
  }
  const [native, one, two] = await Promise.all(['native.npz', 'wasm-1.npz', 'wasm-2.npz'].map(levels));
  expect(new Set(native).size).toBeGreaterThan(20);
  expect(two).toEqual(one);
  // Sums in another order may round a level to its neighbour.
  expect(Math.max(...native.map((level, i) => Math.abs(level - one[i])))).toBeLessThanOrEqual(1);
});

test('where the native backend is not there and was not asked for, WebAssembly computes, with a word on stderr', async () => {
  vi.doMock('@tract/backend-native', async (original) => {
    const real = (await original()) as typeof import('@tract/backend-native');
    const missing = (): never => {
      throw new real.NativeUnavailableError('no compiled kernels');
    };
    return { ...real, registerNativeBackend: missing, nativeInfo: missing, nativeMatrixKernels: missing };
  });
  const drawn = await tractHere(...sample, '--out', join(scratch.path, 'instead.npz'));
  expect(drawn).toMatchObject({
    code: 0,
    err: expect.stringContaining('native backend is not available (no compiled kernels); using WebAssembly'),
  });
  expect(JSON.parse(drawn.out).backend.name).toBe('wasm');
  const asked = await tractHere(...sample, '--out', join(scratch.path, 'asked.npz'), '--backend', 'native');
  expect(asked).toMatchObject({ code: 4, err: expect.stringContaining('the native backend is not available: no compiled kernels') });
  vi.doUnmock('@tract/backend-native');
});
