import { existsSync, writeFileSync } from 'node:fs';
import { type NamedArray, PlainObject, type PlainValue, readTorch, writeSafetensors, writeTorch } from '@tract/checkpoint';
import { edmFilters, edmMetadata, edmOriginOf, edmPlaces } from '@tract/convert';
import { randomNormals } from '@tract/tensor';
import { edmConfigs } from '@tract/unet';
import { afterAll, expect, test } from 'vitest';
import { readModel } from '../models/model-folder.js';
import { bitsOf } from '../testing/array-bits.js';
import { conversions } from '../testing/conversions.js';

const { remove, at, bytesAt, convert, converted } = conversions();
afterAll(remove);
const size = (shape: readonly number[]) => shape.reduce((product, side) => product * side, 1);

const config = {
  ...edmConfigs.cifar10Ncsnpp,
  imageSize: 8,
  channels: 8,
  embChannels: 32,
  noiseChannels: 16,
  channelMult: [1, 2],
  blocks: 1,
  dropout: 0.13,
};
const settings = new Map<string, PlainValue>(
  Object.entries({
    ...{ img_resolution: 8, img_channels: 3, label_dim: 0, use_fp16: false, model_type: 'SongUNet', dropout: 0.13 },
    ...{ model_channels: 8, channel_mult: [1, 2], num_blocks: 1, embedding_type: 'fourier', channel_mult_noise: 2 },
    ...{ encoder_type: 'residual', resample_filter: [1, 3, 3, 1] },
  }),
);
const made = new Map([['ema', new PlainObject('EDMPrecond', new Map<string, PlainValue>([['_init_kwargs', settings]]))]]);
const origin = edmOriginOf(made);
const arrays = new Map<string, NamedArray>([
  ...Array.from(edmPlaces(config).values(), ({ names: [name], shape }, sample): [string, NamedArray] => [
    name,
    { dtype: 'F32', shape, data: randomNormals({ seed: 9, sample }, size(shape)) },
  ]),
  ...Array.from(edmFilters(config), ([name, { shape, values }]): [string, NamedArray] => [name, { dtype: 'F32', shape, data: values }]),
]);

test('a network of EDM keeps its names in a file', async () => {
  writeFileSync(at('edm.pt'), writeTorch(arrays));
  expect(await convert('edm.pt new-edm.safetensors')).toMatchObject({ code: 3, out: '' });
  writeFileSync(at('edm-like.safetensors'), writeSafetensors(arrays, edmMetadata(origin!)));
  const value = await converted('edm-like.safetensors new-edm.safetensors');
  expect(value).toMatchObject({ family: 'edm', network: config, leftOver: [], missing: [] });
  expect(bytesAt('new-edm.safetensors')).toEqual(bytesAt('edm-like.safetensors'));
  await converted('new-edm.safetensors new-edm.pt');
  expect(bitsOf(readTorch(bytesAt('new-edm.pt')).tensors)).toEqual(bitsOf(arrays));
});

test('a network of EDM becomes a model folder, and goes back into a state dict bit for bit', async () => {
  writeFileSync(at('edm-model.safetensors'), writeSafetensors(arrays, edmMetadata(origin!)));
  const value = await converted('edm-model.safetensors new-edm-model');
  expect(value).toMatchObject({ family: 'edm', network: config, prediction: 'x0', leftOver: [], missing: [] });
  expect(readModel(at('new-edm-model'))).toMatchObject({
    ...{ network: config, prediction: 'x0', preconditioning: { kind: 'edm' }, process: { kind: 'edm' }, samplingSteps: [18] },
    recipe: { convertedFrom: 'edm-model.safetensors', family: 'edm' },
  });
  await converted('new-edm-model new-edm-back.pt');
  expect(bitsOf(readTorch(bytesAt('new-edm-back.pt')).tensors)).toEqual(bitsOf(arrays));
});

test.each([
  [
    'VPPrecond',
    { beta_d: 19.9, beta_min: 0.1, M: 1000, epsilon_t: 1e-5 },
    { kind: 'vp', betaRange: 19.9, betaMin: 0.1, trainingSteps: 1000 },
  ],
  ['VEPrecond', { sigma_min: 0.02 }, { kind: 've' }],
  ['EDMPrecond', { sigma_data: 0.6 }, { kind: 'edm', sigmaData: 0.6 }],
])('stands under the preconditioning that its pickle names: %s', async (className, more, preconditioning) => {
  const metadata = edmMetadata({ className, settings: { ...origin!.settings, ...more } });
  writeFileSync(at(`${className}.safetensors`), writeSafetensors(arrays, metadata));
  await converted(`${className}.safetensors new-${className}`);
  expect(readModel(at(`new-${className}`)).preconditioning).toEqual(preconditioning);
});

test('a network of EDM is no model where it is not known what it stands under', async () => {
  writeFileSync(at('strange.safetensors'), writeSafetensors(arrays, edmMetadata({ ...origin!, className: 'OwnPrecond' })));
  const { code, out, err } = await convert('strange.safetensors new-strange');
  expect([code, out, existsSync(at('new-strange'))]).toEqual([3, '', false]);
  expect(err).toContain("names 'OwnPrecond' as the preconditioning");
});
