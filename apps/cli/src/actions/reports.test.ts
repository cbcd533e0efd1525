import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { writeTinyDigits } from '../testing/tiny-digits.js';
import { scratchFolder, tract } from '../testing/tract.js';
import { tractHere } from '../testing/tract-here.js';

const scratch = scratchFolder();
const env = { TRACT_MNIST: writeTinyDigits(join(scratch.path, 'digits'), 96) };
const folder = (name: string): string => join(scratch.path, name);

for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
afterAll(() => void vi.unstubAllEnvs());

/** Run a command with --json in this process: it must end well and print exactly one JSON value. */
async function json(...args: string[]) {
  const { code, out, err } = await tractHere(...args, '--json');
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
  expect(out.endsWith('}\n')).toBe(true);
  return JSON.parse(out);
}

beforeAll(async () => {
  await json('train', '--preset', 'mnist-tiny', '--images', '8', '--batch', '4', '--out', folder('run'), '--silent');
});
afterAll(scratch.remove);

test('inspect tells the configuration, the parameters and every tensor', async () => {
  const { model, parameters, config, tensors } = await json('inspect', folder('run/model'));
  expect(model).toBe(folder('run/model'));
  expect(config).toMatchObject({ format: 'tract-model', network: { channels: 8 }, prediction: 'v', samplingSteps: [64] });
  expect(tensors.reduce((sum: number, tensor: { parameters: number }) => sum + tensor.parameters, 0)).toBe(parameters);
  for (const { shape, parameters: count } of tensors) expect(shape.reduce((a: number, b: number) => a * b, 1)).toBe(count);
  const alone = await json('inspect', folder('run/model/model.safetensors'));
  expect(alone.config).toEqual(config);
});

test('doctor tells what there is, what was chosen and how fast it is', async () => {
  // A program of its own: the test's process knows backends that were started before.
  const { code, stdout } = await tract(['doctor', '--threads', '1', '--json'], env);
  expect(code).toBe(0);
  const value = JSON.parse(stdout);
  expect(Object.keys(value)).toEqual([
    'node',
    'runtime',
    'platform',
    'processor',
    'cores',
    'memory',
    'backends',
    'chosen',
    'convolution',
    'mpi',
  ]);
  expect(value).toMatchObject({ node: process.version, chosen: { name: 'native', threads: 1 } });
  expect(value.backends.map(({ name }: { name: string }) => name)).toEqual(['native', 'wasm', 'cpu', 'tensorflow', 'webgpu']);
  expect(value.convolution.gflops).toBeGreaterThan(0);
});

test('bench step prints the keys that the comparison with PyTorch reads', async () => {
  const size = ['--channels', '32', '--mult', '1,1', '--res', '8', '--attn', '', '--batch', '2', '--runs', '1', '--threads', '1'];
  const value = await json('bench', 'step', ...size, '--silent');
  for (const key of ['params', 'forward', 'train', 'tract', 'peakRssMB']) expect(value[key], key).toBeGreaterThan(0);
});

test('bench sweep measures each batch size, to the same bits for any number of threads', async () => {
  const size = ['--channels', '32', '--mult', '1,1', '--res', '8', '--attn', '', '--batches', '24,32', '--runs', '2', '--silent'];
  const [one, two] = [await json('bench', 'sweep', ...size, '--threads', '1'), await json('bench', 'sweep', ...size, '--threads', '2')];
  expect(one).toMatchObject({ backend: 'native', threads: 1, runs: 2, points: [{ batch: 24 }, { batch: 32 }] });
  for (const { forward, tract } of one.points) expect(Math.min(forward, tract)).toBeGreaterThan(0);
  const digests = (points: { digest: string }[]): string[] => points.map(({ digest }) => digest);
  expect(digests(two.points)).toEqual(digests(one.points));
});

test('evaluate gives the same distance for a model, its npz and its PNGs, whatever the batch, and says what it depends on', async () => {
  const draw = ['--steps', '1', '--count', '20', '--seed', '3', '--silent'];
  const drawn = await json('evaluate', '--samples', folder('run/model'), ...draw, '--batch', '20');
  expect(drawn).toMatchObject({
    source: folder('run/model'),
    extractor: 'digit-classifier-1',
    features: 64,
    samples: 20,
    reference: 'mnist:test',
    reference_samples: 96,
    steps: 1,
    seed: 3,
  });
  expect(drawn.frechet_distance).toBeGreaterThan(0);
  for (const out of ['images.npz', 'images']) {
    await json('sample', folder('run/model'), ...draw, '--batch', '7', '--out', folder(out));
    const { frechet_distance } = await json('evaluate', '--samples', folder(out), '--silent');
    expect(frechet_distance).toBe(drawn.frechet_distance);
  }
});
