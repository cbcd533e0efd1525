import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CheckpointError, encodeModel, type ModelConfig, type NamedArray, writeSafetensors } from '@tract/checkpoint';
import { damagedBytes, readDamaged, soakCount, withinMemory } from '@tract/checkpoint/testing';
import { leaves } from '@tract/tensor';
import { networkSpec, type ParamSpec, type UNetConfig } from '@tract/unet';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { loadModel, type ModelDescription, ModelError, saveModel } from './index.js';
import { readModel } from './node/index.js';

const sizes = { imageSize: 4, inChannels: 1, channels: 8, embChannels: 8, channelMult: [1], blocks: 1, attentionResolutions: [] };
const network: UNetConfig = { kind: 'unet', ...sizes, scaleShift: true, resampleInBlocks: true, outputs: 1, classes: 1, groups: 4 };
const description: ModelDescription = { network, prediction: 'v', samplingSteps: [64], data: 'bars', recipe: { seed: 1 } };
const tensors = new Map<string, NamedArray>(
  leaves<ParamSpec>(networkSpec(network)).map(([name, { shape }], i) => [
    name,
    { dtype: 'F32', shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(i / 4) },
  ]),
);
const files = saveModel(description, tensors);
const [weights, config] = [files['model.safetensors'], files['config.json']];

const folder = mkdtempSync(join(tmpdir(), 'tract-model-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a model comes back from its files, and from the weights alone', () => {
  for (const model of [loadModel(weights, config), loadModel(weights)]) {
    expect(model).toMatchObject(description);
    expect(model.tensors).toEqual(tensors);
  }
});

test('a model of the time before networks had a kind is a unet', () => {
  const { kind: _, ...old } = network;
  const header = { format: 'tract-model', version: 1 } as const;
  const older = encodeModel({ ...header, ...description, network: old } as ModelConfig, tensors);
  const model = loadModel(older['model.safetensors'], older['config.json']);
  expect(model).toMatchObject(description);
  expect(model.config.network).toEqual(old);
});

test('half precision is widened to the same numbers', () => {
  const half = (bits: (i: number) => number) =>
    new Map(
      [...tensors].map(([name, { shape, data }], i) => [
        name,
        { dtype: 'BF16', shape, data: new Uint16Array(data.length).fill(bits(i)) } as const,
      ]),
    );
  // The upper half of a float32 is its bfloat16; quarters below 64 fit.
  const bits = (i: number) => new Uint32Array(Float32Array.of(i / 4).buffer)[0] >>> 16;
  expect(loadModel(writeSafetensors(half(bits)), config).tensors).toEqual(tensors);
});

const changed = (change: (copy: Map<string, NamedArray>, first: string) => void): Uint8Array => {
  const copy = new Map(tensors);
  change(copy, [...copy.keys()][0]);
  return writeSafetensors(copy);
};
const configWith = (changes: object): Uint8Array => saveModel({ ...description, ...changes }, [])['config.json'];

test.each<[string, Uint8Array, Uint8Array | undefined, RegExp]>([
  ['no configuration', writeSafetensors(tensors), undefined, /model\.safetensors says nothing about its network/],
  ['a tensor less', changed((copy, first) => copy.delete(first)), config, /model\.safetensors: tensor '.*' is missing/],
  ['a tensor more', changed((copy) => copy.set('x', { dtype: 'F32', shape: [1], data: Float32Array.of(1) })), config, /unknown tensor 'x'/],
  [
    'float64',
    changed((copy, first) => copy.set(first, { dtype: 'F64', shape: [1], data: Float64Array.of(1) })),
    config,
    /must be F32, got F64/,
  ],
  [
    'another shape',
    changed((copy, first) => copy.set(first, { dtype: 'F32', shape: [1], data: Float32Array.of(1) })),
    config,
    /must have shape/,
  ],
  [
    'infinity',
    changed((copy, first) =>
      copy.set(first, { ...copy.get(first)!, data: (copy.get(first)!.data as Float32Array).map(() => 1 / 0) } as NamedArray),
    ),
    config,
    /not finite/,
  ],
  [
    'a kind that is not known',
    weights,
    configWith({ network: { ...network, kind: 'dit' } }),
    /network\.kind must be one of unet, song, dhariwal, got "dit"/,
  ],
  ['a prediction that is none', weights, configWith({ prediction: 'x1' }), /'prediction' must be one of x0, eps, v, x0\+eps, got "x1"/],
  ['a network of millions of blocks', weights, configWith({ network: { ...network, blocks: 5_000_000 } }), /blocks must be at most 1024/],
  [
    'a preconditioning of a billion training steps',
    weights,
    configWith({ prediction: 'x0', preconditioning: { kind: 'ddpm', trainingSteps: 1e9 } }),
    /trainingSteps must be a whole number from \d to 1000000/,
  ],
  [
    'a grid of a billion levels',
    weights,
    configWith({ process: { kind: 'edm', timesteps: 1e9 } }),
    /steps must be a whole number from 1 to 1000000/,
  ],
  ['a model for a billion steps', weights, configWith({ samplingSteps: [1e9] }), /expected 'samplingSteps'.* from 1 to 1000000/],
  ['no steps', weights, configWith({ samplingSteps: 3 }), /config\.json: expected 'samplingSteps'/],
  ['a process that is none', weights, configWith({ process: { kind: 'toString' } }), /process\.kind must be cosine or edm, got "toString"/],
])('%s is refused by name', (_, badWeights, badConfig, message) => {
  const load = () => loadModel(badWeights, badConfig);
  const started = process.cpuUsage();
  expect(load).toThrow(ModelError);
  expect(process.cpuUsage(started).user).toBeLessThan(1e6); // a second of the processor: nothing of that size was built
  expect(load).toThrow(message);
});

test('a folder, and a file with its configuration beside it, are read', () => {
  expect(() => readModel(folder)).toThrow(/is not a model folder: it has no model\.safetensors/);
  writeFileSync(join(folder, 'model.safetensors'), writeSafetensors(tensors));
  expect(() => readModel(folder)).toThrow(/says nothing about its network/);
  writeFileSync(join(folder, 'config.json'), config);
  for (const path of [folder, join(folder, 'model.safetensors')]) expect(readModel(path)).toMatchObject(description);
});

test('a spoilt config.json gives a model or a typed error, soon and in little memory', async () => {
  const large = { ...network, channels: 64, blocks: 2, channelMult: [1, 2], imageSize: 16, attentionResolutions: [8] };
  const edm = { prediction: 'x0', preconditioning: { kind: 'ddpm', trainingSteps: 1000 }, process: { kind: 'edm', timesteps: 40, rho: 7 } };
  const sound = [config, configWith({ network: large }), configWith(edm)];
  const read = (bytes: Uint8Array): void => {
    try {
      loadModel(weights, bytes);
    } catch (error) {
      // A configuration that is none, or is of other weights.
      if (!(error instanceof CheckpointError)) throw error;
    }
  };
  await withinMemory(() =>
    fc.assert(
      fc.asyncProperty(damagedBytes(sound), (bytes) => readDamaged(read, bytes, ModelError)),
      { numRuns: soakCount('INPUTS', 1000) },
    ),
  );
});
