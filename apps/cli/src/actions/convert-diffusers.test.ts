import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type NamedArray, readSafetensors } from '@tract/checkpoint';
import { predictX0 } from '@tract/distill';
import { modelOf, networkOf, uploadParams } from '@tract/model';
import { ddpmSigmas } from '@tract/schedules';
import { dispose, leaves, randomNormals, read, tensor, useBackend } from '@tract/tensor';
import { type ParamSpec, type UNetConfig, unetSpec } from '@tract/unet';
import { afterAll, beforeAll, expect, test } from 'vitest';
import '@tensorflow/tfjs-backend-cpu';
import { readModel } from '../models/model-folder.js';
import { scratchFolder } from '../testing/tract.js';
import { tractHere } from '../testing/tract-here.js';
import { writeModel } from '../testing/write-model.js';
import { version } from '../version.js';

const scratch = scratchFolder();
beforeAll(() => useBackend('cpu'));
afterAll(scratch.remove);
const at = (name: string): string => join(scratch.path, name);
const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
const arraysOf = (path: string) => readSafetensors(new Uint8Array(readFileSync(path))).tensors;
const floatsOf = (array: NamedArray | undefined) => array!.data as Float32Array;

/** A copy of a fixture in which one JSON file has other fields. */
function changed(name: string, file: string, fields: object): string {
  const folder = at('changed');
  rmSync(folder, { recursive: true, force: true });
  cpSync(fixture(name), folder, { recursive: true });
  writeFileSync(join(folder, file), JSON.stringify({ ...JSON.parse(readFileSync(join(folder, file), 'utf8')), ...fields }));
  return folder;
}

/** The largest difference between what a model's network puts out and what is expected, as a share of the largest expected number. */
async function errorOf(model: string, inputs: ReadonlyMap<string, NamedArray>, labels?: number[]): Promise<number> {
  const stored = readModel(model);
  const params = uploadParams(stored);
  const [x, t, out] = ['x', 't', 'out'].map((name) => inputs.get(name));
  const output = networkOf(stored.network)(params, tensor(floatsOf(x), x!.shape), { noise: [...floatsOf(t)], labels });
  const values = await read(output);
  dispose([params, output]);
  const expected = floatsOf(out);
  return Math.max(...expected.map((value, i) => Math.abs(value - values[i]))) / Math.max(...expected.map(Math.abs));
}

const cases: [name: string, labels: number[] | undefined][] = [
  ['diffusers-ddpm', undefined],
  ['diffusers-pipeline', [2, 0]],
];
test.each(cases)('%s becomes a model whose outputs are those of PyTorch, and goes back', async (name, labels) => {
  expect(await tractHere('convert', fixture(name), at(name))).toMatchObject({ code: 0, err: '' });
  const inputs = arraysOf(fixture(`${name}.safetensors`));
  // 2e-5 of the largest entry: float32 sums through some ten layers, against float64; sines of 731 are right to 3e-5.
  expect(await errorOf(at(name), inputs, labels)).toBeLessThan(2e-5);
  expect(await tractHere('convert', at(name), at(`${name}-back`), '--to', 'diffusers')).toMatchObject({ code: 0, err: '' });
  expect(await tractHere('convert', at(`${name}-back`), at(`${name}-again`))).toMatchObject({ code: 0, err: '' });
  const [first, again] = [readModel(at(name)), readModel(at(`${name}-again`))];
  expect(again).toMatchObject({ network: first.network, preconditioning: first.preconditioning, process: first.process });
  expect(again.tensors).toEqual(first.tensors);
});

test("a model of DDPM's linear betas is told their steps and draws", async () => {
  await tractHere('convert', fixture('diffusers-ddpm'), at('drawn'));
  const stored = readModel(at('drawn'));
  expect(stored).toMatchObject({ prediction: 'x0', preconditioning: { kind: 'ddpm', betas: 'linear', predicts: 'eps' } });
  // At a training step's level the denoiser is (x - sigma F(x / sqrt(1 + sigma²), step)); in VP terms DDPM's own formula.
  const inputs = arraysOf(fixture('diffusers-ddpm.safetensors'));
  const params = uploadParams(stored);
  const [x, eps] = [floatsOf(inputs.get('x')), floatsOf(inputs.get('out'))];
  const levels = [...floatsOf(inputs.get('t'))].map((step) => {
    const sigma = ddpmSigmas()[step];
    return { alpha: 1 / Math.hypot(1, sigma), sigma: sigma / Math.hypot(1, sigma) };
  });
  const x0 = await read(predictX0(modelOf(stored), params, tensor(x, [2, 8, 8, 3]), levels));
  const expected = x.map((value, i) => {
    const { alpha, sigma } = levels[Math.floor((i * levels.length) / x.length)];
    return (value - sigma * eps[i]) / alpha;
  });
  // float32 through the network, then a division by alpha, which is 0.06 at step 731.
  expect(Math.max(...expected.map((value, i) => Math.abs(value - x0[i])))).toBeLessThan(2e-5 * Math.max(...expected.map(Math.abs)));
  dispose(params);
  expect(
    await tractHere('sample', at('drawn'), '--steps', '2', '--count', '2', '--backend', 'cpu', '--out', at('drawn.png')),
  ).toMatchObject({
    code: 0,
  });
});

test("the paper's networks go to diffusers as networks of the same function", async () => {
  const network: UNetConfig = {
    kind: 'unet',
    ...{ imageSize: 8, inChannels: 1, channels: 8, embChannels: 16, channelMult: [1, 2], blocks: 1, attentionResolutions: [4], headDim: 4 },
    ...{ scaleShift: true, resampleInBlocks: true, outputs: 2, classes: 3, groups: 4 },
  };
  const tensors = leaves<ParamSpec>(unetSpec(network)).map(([path, { shape }], sample): [string, NamedArray] => {
    const size = shape.reduce((product, side) => product * side, 1);
    return [path, { dtype: 'F32', shape, data: randomNormals({ seed: 3, stream: 5, step: 0, sample }, size) }];
  });
  writeModel(at('paper'), { network, prediction: 'x0+eps', samplingSteps: [4], data: 'nothing' }, tensors, '');
  expect(await tractHere('convert', at('paper'), at('paper-there'), '--to', 'diffusers')).toMatchObject({ code: 0, err: '' });
  writeFileSync(at('eps.json'), JSON.stringify({ preconditioning: { kind: 'ddpm' } }));
  expect(await tractHere('convert', at('paper-there'), at('paper-back'), '--config', at('eps.json'))).toMatchObject({ code: 0, err: '' });
  const [x, logSNR] = [randomNormals({ seed: 4, stream: 5, step: 0, sample: 0 }, 128), [3.5, -2]];
  const paper = readModel(at('paper'));
  const params = uploadParams(paper);
  const output = networkOf(paper.network)(params, tensor(x, [2, 8, 8, 1]), { noise: logSNR, labels: [1, 2] });
  const timesteps = logSNR.map((value) => (1000 * Math.atan(Math.exp(-value / 2))) / (Math.PI / 2));
  const inputs = new Map<string, NamedArray>([
    ['x', { dtype: 'F32', shape: [2, 8, 8, 1], data: x }],
    ['t', { dtype: 'F32', shape: [2], data: Float32Array.from(timesteps) }],
    ['out', { dtype: 'F32', shape: output.shape, data: await read(output) }],
  ]);
  dispose([params, output]);
  // Angles near 1000 are rounded to 3e-5, here and there by different roads.
  expect(await errorOf(at('paper-back'), inputs, [1, 2])).toBeLessThan(1e-4);
});

const refusals: [file: string, fields: object, says: string][] = [
  ['unet/config.json', { _class_name: 'UNet2DConditionModel' }, '_class_name must be UNet2DModel'],
  ['unet/config.json', { time_embedding_type: 'fourier' }, 'time_embedding_type "fourier"; known: "positional"'],
  ['unet/config.json', { freq_shift: 1 }, '[flip_sin_to_cos, freq_shift] [true,1]'],
  ['unet/config.json', { attn_norm_num_groups: null }, 'attn_norm_num_groups null; known: 2'],
  ['unet/config.json', { up_block_types: ['UpBlock2D', 'ResnetUpsampleBlock2D'] }, 'level 1 has attention on one way only'],
  ['unet/config.json', { down_block_types: ['SkipDownBlock2D', 'AttnDownBlock2D'] }, 'down_block_types with "SkipDownBlock2D"'],
  ['unet/config.json', { sample_size: null }, 'sample_size must be the side of square images'],
  ['unet/config.json', { cross_attention_dim: 8 }, "no setting 'cross_attention_dim'"],
  ['unet/config.json', { block_out_channels: [4, 12] }, 'of another shape'],
  ['scheduler/scheduler_config.json', { _class_name: 'VQDiffusionScheduler' }, 'VQDiffusionScheduler is not known here'],
  ['scheduler/scheduler_config.json', { _class_name: 'KarrasVeScheduler' }, "a network of KarrasVeScheduler is neither one of DDPM's"],
  ['scheduler/scheduler_config.json', { rescale_betas_zero_snr: true }, 'rescales or shifts the signal'],
  [
    'scheduler/scheduler_config.json',
    { beta_schedule: 'sigmoid' },
    'beta_schedule "sigmoid" is not known here; known: "linear", "scaled_linear", "squaredcos_cap_v2"',
  ],
  ['scheduler/scheduler_config.json', { num_train_timesteps: 0.5 }, 'trainingSteps must be a whole number'],
];
test.each(refusals)('%s with %j is refused', async (file, fields, says) => {
  const { code, err, out } = await tractHere('convert', changed('diffusers-pipeline', file, fields), at('refused'));
  expect(code).toBe(3);
  expect(err + out).toContain(says);
  expect(existsSync(at('refused'))).toBe(false);
});

test('a pipeline of a consistency model becomes one, and goes back with its scheduler', async () => {
  const scheduler = { _class_name: 'CMStochasticIterativeScheduler', num_train_timesteps: 40, sigma_min: 0.002, sigma_max: 80 };
  const pipeline = changed('diffusers-pipeline', 'scheduler/scheduler_config.json', scheduler);
  expect(await tractHere('convert', pipeline, at('consistency'))).toMatchObject({ code: 0, err: '' });
  expect(readModel(at('consistency'))).toMatchObject({
    preconditioning: { kind: 'consistency', sigmaData: 0.5, sigmaMin: 0.002 },
    process: { kind: 'edm', timesteps: 40, sigmaMax: 80 },
    samplingSteps: [1],
  });
  expect(await tractHere('convert', at('consistency'), at('consistency-back'), '--to', 'diffusers')).toMatchObject({ code: 0, err: '' });
  expect(JSON.parse(readFileSync(at('consistency-back/scheduler_config.json'), 'utf8'))).toMatchObject(scheduler);
});

test('a shard elsewhere, missing or with other tensors is refused', async () => {
  const index = 'unet/diffusion_pytorch_model.safetensors.index.json';
  const map = JSON.parse(readFileSync(join(fixture('diffusers-pipeline'), index), 'utf8')).weight_map as Record<string, string>;
  const shard = 'diffusion_pytorch_model-00001-of-00002.safetensors';
  const [inFirst] = Object.entries(map).find(([, file]) => file === shard)!;
  const says = async (weightMap: object, text: string, prepare: (folder: string) => void = () => {}) => {
    const folder = changed('diffusers-pipeline', index, { weight_map: weightMap });
    prepare(join(folder, 'unet'));
    const { code, err } = await tractHere('convert', folder, at('refused'));
    expect(err).toContain(text);
    expect(code).toBe(3);
    expect(existsSync(at('refused'))).toBe(false);
  };
  await says({ ...map, [inFirst]: '../secret.safetensors' }, 'must be in a file beside the index');
  await says({ ...map, [inFirst]: 'absent.safetensors' }, 'which is not beside it');
  await says({ ...map, ghost: shard }, "tensor 'ghost' is missing");
  await says(Object.fromEntries(Object.entries(map).filter(([name]) => name !== inFirst)), 'is not among those');
  await says(map, 'no plain file', (unet) => {
    rmSync(join(unet, shard));
    mkdirSync(join(unet, shard));
  });
});

test("a shard that links to the Hub's cache is read", async () => {
  const unet = join(changed('diffusers-pipeline', 'unet/config.json', {}), 'unet');
  const shard = 'diffusion_pytorch_model-00001-of-00002.safetensors';
  mkdirSync(at('blobs'), { recursive: true });
  cpSync(join(unet, shard), at('blobs/0123abcd'));
  rmSync(join(unet, shard));
  symlinkSync(at('blobs/0123abcd'), join(unet, shard));
  expect(await tractHere('convert', at('changed'), at('from-cache'))).toMatchObject({ code: 0, err: '' });
});

test('the SHA-256 of the weights is printed, kept and held against what is expected', async () => {
  const weights = readFileSync(join(fixture('diffusers-ddpm'), 'diffusion_pytorch_model.bin'));
  const sha256 = createHash('sha256').update(weights).digest('hex');
  const expecting = (hex: string) => tractHere('convert', fixture('diffusers-ddpm'), at('hashed'), '--json', '--expect-sha256', hex);
  expect(await expecting('12ab')).toMatchObject({ code: 2 });
  const wrong = await expecting('0'.repeat(64));
  expect(wrong).toMatchObject({ code: 3 });
  expect(wrong.err).toContain(`has the SHA-256 ${sha256}`);
  expect(existsSync(at('hashed'))).toBe(false);
  const right = await expecting(sha256.toUpperCase());
  expect(right).toMatchObject({ code: 0 });
  expect(JSON.parse(right.out)).toMatchObject({ format: 'torch', sha256, version });
  expect(readModel(at('hashed')).recipe).toMatchObject({ family: 'diffusers', sha256 });
});
