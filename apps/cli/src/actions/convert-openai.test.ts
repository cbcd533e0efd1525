import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSafetensors, readTorch, writeTorch } from '@tract/checkpoint';
import { read, type Tensor, tensor, treeFromLeaves, useBackend } from '@tract/tensor';
import { applyEdmUNet, countParameters, type DhariwalUNetConfig, type EdmUNetParams, edmConfigs, edmNames, edmUNetSpec } from '@tract/unet';
import { afterAll, beforeAll, expect, test } from 'vitest';
import '@tensorflow/tfjs-backend-cpu';
import { main } from '../main.js';
import { scratchFolder } from '../testing/tract.js';

const scratch = scratchFolder();
afterAll(scratch.remove);
beforeAll(() => useBackend('cpu'));
const at = (name: string): string => join(scratch.path, name);
const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
const arraysOf = (path: string) => readSafetensors(new Uint8Array(readFileSync(path)));

async function convert(source: string, destination: string, hints: object): Promise<{ code: number; err: string }> {
  let err = '';
  writeFileSync(at('hints.json'), JSON.stringify(hints));
  const said = (text: string) => {
    err += text;
  };
  const io = { out: () => {}, err: said, live: false, columns: () => 80 };
  const code = await main(['convert', source, at(destination), '--config', at('hints.json')], io);
  return { code, err };
}

const cases: [name: string, hints: object, labels: number[] | undefined][] = [
  ['openai-consistency', { imageSize: 8, headDim: 4, groups: 2 }, [2, 0]],
  ['openai-guided', { imageSize: 8, headDim: 2, groups: 2, attentionOrder: 'legacy' }, undefined],
];
test.each(cases)('%s.pt becomes a network whose outputs are those of PyTorch', async (name, hints, labels) => {
  copyFileSync(fixture(`${name}.pt`), at(`${name}.pt`));
  expect(await convert(at(`${name}.pt`), `${name}.safetensors`, hints)).toEqual({ code: 0, err: '' });
  const { tensors, metadata } = arraysOf(at(`${name}.safetensors`));
  const config = JSON.parse(metadata.get('tract.network')!) as DhariwalUNetConfig;
  const params = treeFromLeaves<Tensor, unknown>(
    Array.from(tensors, ([path, { shape, data }]) => [path, tensor(data as Float32Array, shape)] as const),
    edmUNetSpec(config),
  ) as EdmUNetParams;
  const expected = arraysOf(fixture(`${name}.safetensors`)).tensors;
  const { shape, data } = expected.get('x')!;
  const times = [...(expected.get('t')!.data as Float32Array)];
  const out = await read(applyEdmUNet(config, params, tensor(data as Float32Array, shape), times, labels));
  const there = expected.get('out')!.data as Float32Array;
  const largest = Math.max(...there.map(Math.abs));
  // 2e-5 of the largest entry: float32 sums through some ten layers, against float64.
  expect(Math.max(...there.map((value, i) => Math.abs(value - out[i])))).toBeLessThan(2e-5 * largest);
});

test('what the weights do not tell is asked for, and what they contradict is refused', async () => {
  const [consistency, guided] = [fixture('openai-consistency.pt'), fixture('openai-guided.pt')];
  const refusals: [string, object, string][] = [
    [consistency, {}, 'imageSize and headDim'],
    [guided, { imageSize: 8, headDim: 2, groups: 2 }, 'attentionOrder'],
    [consistency, { imageSize: 8, headDim: 4, groups: 2, attentionOrder: 'legacy' }, "which has 'new'"],
    [consistency, { imageSize: 8, headDim: 4, groups: 2, channels: 8 }, "leave 'channels' out"],
    [consistency, { imageSize: 8, headDim: 3, groups: 2 }, 'divisible by headDim 3'],
  ];
  for (const [source, hints, says] of refusals) {
    const { code, err } = await convert(source, 'refused.safetensors', hints);
    expect(code).toBe(3);
    expect(err).toContain(says);
  }
  const state = [...readTorch(new Uint8Array(readFileSync(consistency))).tensors];
  writeFileSync(at('less.pt'), writeTorch(state.filter(([name]) => name !== 'middle_block.2.out_layers.3.bias')));
  const { code, err } = await convert(at('less.pt'), 'less.safetensors', { imageSize: 8, headDim: 4, groups: 2 });
  expect(code).toBe(3);
  expect(err).toContain("1 missing ('middle_block.2.out_layers.3.bias')");
});

/** The counts are those of the published configurations, built as PyTorch modules by fixtures/make_openai.py. */
test('the published networks have as many parameters as PyTorch counts', () => {
  const imagenet64: DhariwalUNetConfig = { ...edmConfigs.imagenet64Adm, groups: 32, headDim: 64 };
  const at256 = {
    ...imagenet64,
    ...{ imageSize: 256, channels: 256, embChannels: 1024, channelMult: [1, 1, 2, 2, 4, 4], blocks: 2 },
  };
  const count = (config: DhariwalUNetConfig) => countParameters(edmUNetSpec(config));
  // consistency_models' network for ImageNet 64 is EDM's ADM; guided-diffusion's has a second output for the variance.
  expect(count(imagenet64)).toBe(295_899_267);
  expect(count({ ...imagenet64, outputs: 2 })).toBe(295_904_454);
  expect(count({ ...at256, classes: 1, scaleShift: false })).toBe(526_304_771);
  expect(count({ ...at256, outputs: 2 })).toBe(553_838_086);
});

test('a network with options that EDM does not have gets no names of EDM', () => {
  for (const option of [{ scaleShift: false }, { resampleInBlocks: false }, { headDim: 32 }, { groups: 16 }])
    expect(() => edmNames({ ...edmConfigs.imagenet64Adm, ...option }), JSON.stringify(option)).toThrow('this configuration differs');
  expect(edmNames({ ...edmConfigs.imagenet64Adm, groups: 32, headDim: 64 })).toEqual(edmNames(edmConfigs.imagenet64Adm));
});
