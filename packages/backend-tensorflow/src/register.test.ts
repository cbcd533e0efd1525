import '@tensorflow/tfjs-backend-cpu';
import { join } from 'node:path';
import util from 'node:util';
import { engine, removeBackend } from '@tensorflow/tfjs-core';
import { add, backendName, dispose, read, tensor, useBackend } from '@tract/tensor';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type * as Package from './index.js';
import { type StubProject, stubProject } from './testing/stub-project.js';

type Fails = Error & { readonly name: 'TensorFlowUnavailableError' };

const projects: StubProject[] = [];
const project = (...args: Parameters<typeof stubProject>): StubProject => {
  const made = stubProject(...args);
  projects.push(made);
  return made;
};
let register: (typeof Package)['registerTensorFlowBackend'];

// A process loads one TensorFlow, so each test takes the package anew and away what the one before has left in the engine.
beforeEach(async () => {
  vi.resetModules();
  register = (await import('./index.js')).registerTensorFlowBackend;
  await useBackend('cpu');
});
afterEach(() => {
  if (engine().findBackendFactory('tensorflow') !== null) removeBackend('tensorflow');
  for (const { remove } of projects.splice(0)) remove();
});

const refusal = async (options: Package.TensorFlowOptions): Promise<string> => {
  const error: Fails = await register(options).then(
    () => expect.fail('nothing was refused'),
    (reason) => reason,
  );
  expect(error.name).toBe('TensorFlowUnavailableError');
  return error.message;
};

test('the package for GPUs is taken before the other one, and the device is the one that TensorFlow lists', async () => {
  const { require } = project({ 'tfjs-node': {}, 'tfjs-node-gpu': { gpu: true } });
  expect(await register({ require, device: 'gpu' })).toEqual({
    addon: '@tensorflow/tfjs-node-gpu',
    addonVersion: '4.22.0',
    tensorflow: '2.0.0-stub',
    device: 'gpu',
  });
});

test('without it the other one serves, found from the working folder', async () => {
  const { folder } = project({ 'tfjs-node': {} });
  vi.spyOn(process, 'cwd').mockReturnValue(folder);
  expect(await register()).toMatchObject({ addon: '@tensorflow/tfjs-node', device: 'cpu' });
  vi.restoreAllMocks();
});

test('one is taken by the name or folder given', async () => {
  const { folder, require } = project({ 'tfjs-node': {}, 'tfjs-node-gpu': { gpu: true } });
  const addon = join(folder, 'node_modules/@tensorflow/tfjs-node');
  expect(await register({ addon })).toMatchObject({ addon: '@tensorflow/tfjs-node', device: 'cpu' });
  expect(await register({ addon: '@tensorflow/tfjs-node', require })).toMatchObject({ device: 'cpu' });
  expect(await refusal({ addon: '@tensorflow/tfjs-node-gpu', require })).toMatch(
    /has loaded .*tfjs-node and cannot load .*tfjs-node-gpu too/,
  );
});

test('operations run on its binding, in a Node without the functions it needs too, and what they made is given back', async () => {
  const functions = ['isArray', 'isNullOrUndefined'] as const;
  const before = functions.map((name) => Object.getOwnPropertyDescriptor(util, name));
  for (const name of functions) Reflect.deleteProperty(util, name);
  const { require: from } = project({ 'tfjs-node': {} });
  const warnings = vi.spyOn(console, 'warn');
  await register({ require: from });
  expect(backendName()).toBe('cpu');
  const { binding } = from('@tensorflow/tfjs-node');
  binding.calls.length = 0;
  await useBackend('tensorflow');
  const x = tensor([1, 2, 3], [3]);
  const y = add(x, x);
  expect(await read(y)).toEqual(Float32Array.of(2, 4, 6));
  dispose([x, y]);
  expect(binding.calls).toEqual(['createTensor', 'AddV2', 'createTensor']);
  expect(binding.liveTensors()).toBe(0);
  expect(warnings).not.toHaveBeenCalled();
  for (const [i, name] of functions.entries()) if (before[i] !== undefined) Object.defineProperty(util, name, before[i]);
});

test('a function that Node still has is left alone', async () => {
  const { isArray } = util;
  await register({ require: project({ 'tfjs-node': {} }).require });
  expect(util.isArray).toBe(isArray);
});

test('where none is installed, the commands that install one are named', async () => {
  const { require } = project({});
  const commands = /npm install @tensorflow\/tfjs-node-gpu@4\.22\.0 .* npm install @tensorflow\/tfjs-node@4\.22\.0/;
  expect(await refusal({ require })).toMatch(commands);
  expect(await refusal({ require, addon: './elsewhere' })).toMatch(/'\.\/elsewhere' is not installed/);
});

test('one that does not load says why and what helps, and leaves what was active', async () => {
  const reason = 'libcudart.so.11.0: cannot open shared object file: No such file or directory';
  const { require, folder } = project({ 'tfjs-node-gpu': { fails: `${reason}\nand more` }, 'tfjs-node': {} });
  const at = join(folder, 'node_modules/@tensorflow/tfjs-node-gpu');
  expect(await refusal({ require })).toBe(
    `tensorflow: @tensorflow/tfjs-node-gpu 4.22.0 in ${at} does not load (${reason}); put the folder of a library that it misses into LD_LIBRARY_PATH, or build it again: npm rebuild @tensorflow/tfjs-node-gpu --build-addon-from-source`,
  );
  expect(engine().findBackendFactory('tensorflow')).toBeNull();
  expect(backendName()).toBe('cpu');
  expect(await register({ require, addon: '@tensorflow/tfjs-node' })).toMatchObject({ device: 'cpu' });
});

test('a core of another version is refused before anything is loaded', async () => {
  const { require } = project({ 'tfjs-node': { fails: 'was loaded' } }, '3.18.0');
  expect(await refusal({ require })).toMatch(
    /comes with @tensorflow\/tfjs-core 3\.18\.0, expected 4\.22\.0; run: npm install .*@4\.22\.0$/,
  );
});

test('one whose gradients are wrong is refused', async () => {
  const { require } = project({ 'tfjs-node': { wrongGradient: true } });
  expect(await refusal({ require })).toMatch(/wrong gradients of convolutions, .* start the program with TF_ENABLE_ONEDNN_OPTS=0/);
  expect(engine().findBackendFactory('tensorflow')).toBeNull();
  expect(backendName()).toBe('cpu');
});

test.each([
  ['tfjs-node', 'run: npm install @tensorflow/tfjs-node-gpu@4.22.0'],
  ['tfjs-node-gpu', 'check that nvidia-smi lists it and that LD_LIBRARY_PATH has the CUDA and cuDNN libraries'],
])('a GPU that %s does not find is refused, and nothing computes on the processor instead', async (name, remedy) => {
  const { require } = project({ [name]: {} });
  expect(await refusal({ require, device: 'gpu' })).toContain(`(TensorFlow 2.0.0-stub) finds only the processor; ${remedy}`);
  await expect(useBackend('tensorflow')).rejects.toThrow("no backend 'tensorflow'");
  expect(backendName()).toBe('cpu');
  expect(await register({ require })).toMatchObject({ device: 'cpu' });
  await useBackend('tensorflow');
});
