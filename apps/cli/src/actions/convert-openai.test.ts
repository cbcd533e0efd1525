import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSafetensors, readTorch, writeTorch } from '@tract/checkpoint';
import { predictX0 } from '@tract/distill';
import { modelOf, uploadParams } from '@tract/model';
import { ddpmSigmas } from '@tract/schedules';
import { dispose, read, type Tensor, tensor, treeFromLeaves, useBackend } from '@tract/tensor';
import { applyEdmUNet, type DhariwalUNetConfig, type EdmUNetParams, edmUNetSpec } from '@tract/unet';
import { afterAll, beforeAll, expect, test } from 'vitest';
import '@tensorflow/tfjs-backend-cpu';
import { readModel } from '../models/model-folder.js';
import { scratchFolder } from '../testing/tract.js';
import { tractHere } from '../testing/tract-here.js';

const scratch = scratchFolder();
afterAll(scratch.remove);
beforeAll(() => useBackend('cpu'));
const at = (name: string): string => join(scratch.path, name);
const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
const arraysOf = (path: string) => readSafetensors(new Uint8Array(readFileSync(path)));

function convert(source: string, destination: string, hints: object) {
  writeFileSync(at('hints.json'), JSON.stringify(hints));
  return tractHere('convert', source, at(destination), '--config', at('hints.json'));
}

const cases: [name: string, hints: object, labels: number[] | undefined][] = [
  ['openai-consistency', { imageSize: 8, headDim: 4, groups: 2 }, [2, 0]],
  ['openai-guided', { imageSize: 8, headDim: 2, groups: 2, attentionOrder: 'legacy' }, undefined],
];
test.each(cases)('%s.pt becomes a network whose outputs are those of PyTorch', async (name, hints, labels) => {
  copyFileSync(fixture(`${name}.pt`), at(`${name}.pt`));
  expect(await convert(at(`${name}.pt`), `${name}.safetensors`, hints)).toMatchObject({ code: 0, err: '' });
  const { tensors, metadata } = arraysOf(at(`${name}.safetensors`));
  const config = JSON.parse(metadata.get('tract.network')!) as DhariwalUNetConfig;
  const params = treeFromLeaves<Tensor, unknown>(
    Array.from(tensors, ([path, { shape, data }]) => [path, tensor(data as Float32Array, shape)] as const),
    edmUNetSpec(config),
  ) as EdmUNetParams;
  const expected = arraysOf(fixture(`${name}.safetensors`)).tensors;
  const { shape, data } = expected.get('x')!;
  const times = [...(expected.get('t')!.data as Float32Array)];
  const out = await read(applyEdmUNet(config, params, tensor(data as Float32Array, shape), { noise: times, labels }));
  const there = expected.get('out')!.data as Float32Array;
  const largest = Math.max(...there.map(Math.abs));
  // 2e-5 of the largest entry: float32 sums through some ten layers, against float64.
  expect(Math.max(...there.map((value, i) => Math.abs(value - out[i])))).toBeLessThan(2e-5 * largest);
});

const around: [name: string, hints: object, sigmaOf: (t: number) => number, labels: number[] | undefined][] = [
  ['openai-consistency', { preconditioning: { kind: 'consistency' } }, (t) => Math.exp(t / 250), [2, 0]],
  ['openai-guided', { preconditioning: { kind: 'ddpm', betas: 'cosine' } }, (t) => betweenSteps(t), undefined],
];
/** The noise scale that is told as the step t of guided-diffusion's cosine schedule. */
function betweenSteps(t: number): number {
  const [low, high] = [Math.floor(t), Math.ceil(t)].map((step) => ddpmSigmas({ betas: 'cosine' })[step]);
  return low * (high / low) ** (t % 1);
}
test.each(around)('%s.pt with %j becomes a model that denoises as its program does, and draws', async (name, said, sigmaOf, labels) => {
  const [, hints] = cases.find(([one]) => one === name)!;
  expect(await convert(fixture(`${name}.pt`), name, { ...hints, ...said })).toMatchObject({ code: 0, err: '' });
  const stored = readModel(at(name));
  const inputs = arraysOf(fixture(`${name}.safetensors`)).tensors;
  const floats = (array: string) => inputs.get(array)!.data as Float32Array;
  const [seen, outputs] = [floats('x'), floats('out')];
  const levels = Array.from(floats('t'), (t) => ({ alpha: 1, sigma: sigmaOf(t) }));
  const perImage = seen.length / levels.length;
  const scaleOf = ({ sigma }: { sigma: number }) => Math.hypot(sigma, stored.preconditioning?.kind === 'consistency' ? 0.5 : 1);
  const xt = seen.map((value, i) => value * scaleOf(levels[Math.floor(i / perImage)]));
  // Where a variance is predicted too, it stands behind the noise of each pixel.
  const output = (i: number) => outputs[Math.floor(i / 3) * (outputs.length / (seen.length / 3)) + (i % 3)];
  const expected = xt.map((value, i) => {
    const { sigma } = levels[Math.floor(i / perImage)];
    if (stored.preconditioning?.kind !== 'consistency') return value - sigma * output(i);
    const beyond = sigma - 0.002;
    return (0.25 / (beyond ** 2 + 0.25)) * value + ((0.5 * beyond) / Math.sqrt(sigma ** 2 + 0.25)) * output(i);
  });
  const params = uploadParams(stored);
  const x0 = await read(predictX0(modelOf(stored), params, tensor(xt, [levels.length, 8, 8, 3]), levels, { labels }));
  dispose(params);
  // 2e-5: as above.
  expect(Math.max(...expected.map((value, i) => Math.abs(value - x0[i])))).toBeLessThan(2e-5 * Math.max(...expected.map(Math.abs)));
  const sampler = stored.preconditioning?.kind === 'consistency' ? ['--sampler', 'consistency'] : [];
  const drawing = ['sample', at(name), '--steps', '2', '--count', '2', '--backend', 'cpu', ...sampler, '--out', at(`${name}.png`)];
  expect(await tractHere(...drawing)).toMatchObject({ code: 0 });
});

test('what the weights do not tell is asked for, and what they contradict is refused', async () => {
  const [consistency, guided] = [fixture('openai-consistency.pt'), fixture('openai-guided.pt')];
  const refusals: [string, object, string][] = [
    [consistency, {}, 'imageSize and headDim'],
    [guided, { imageSize: 8, headDim: 2, groups: 2 }, 'attentionOrder'],
    [consistency, { imageSize: 8, headDim: 4, groups: 2, attentionOrder: 'legacy' }, "which has 'new'"],
    [consistency, { imageSize: 8, headDim: 4, groups: 2, channels: 8 }, "leave 'channels' out"],
    [consistency, { imageSize: 8, headDim: 3, groups: 2 }, 'divisible by headDim 3'],
    [consistency, { imageSize: 8, headDim: 4, groups: 2, preconditioning: { kind: 'karras' } }, 'preconditioning.kind must be one of'],
    [
      guided,
      { imageSize: 8, headDim: 2, groups: 2, attentionOrder: 'legacy', preconditioning: { kind: 'ddpm', betas: 'quadratic' } },
      'betas must be one of',
    ],
    [consistency, { imageSize: 8, headDim: 4, groups: 2, preconditioning: 'ddpm' }, "'preconditioning' must be an object"],
  ];
  for (const [source, hints, says] of refusals) {
    const { code, err } = await convert(source, 'refused.safetensors', hints);
    expect(code).toBe(3);
    expect(err).toContain(says);
  }
  const alone = await convert(consistency, 'folder', { imageSize: 8, headDim: 4, groups: 2 });
  expect(alone).toMatchObject({ code: 2, err: expect.stringContaining('add --config FILE.json, such as {"preconditioning"') });
  const state = [...readTorch(new Uint8Array(readFileSync(consistency))).tensors];
  writeFileSync(at('less.pt'), writeTorch(state.filter(([name]) => name !== 'middle_block.2.out_layers.3.bias')));
  const { code, err } = await convert(at('less.pt'), 'less.safetensors', { imageSize: 8, headDim: 4, groups: 2 });
  expect(code).toBe(3);
  expect(err).toContain("1 missing ('middle_block.2.out_layers.3.bias')");
});
