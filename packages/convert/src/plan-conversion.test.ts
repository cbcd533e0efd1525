import { joinPieces, type NamedArray, PlainObject, type PlainValue, readSafetensors, readTorch, writeSafetensors } from '@tract/checkpoint';
import { loadModel } from '@tract/model';
import { edmConfigs, type NetworkConfig, paperConfigs, type SongUNetConfig, type UNetConfig } from '@tract/unet';
import { describe, expect, test } from 'vitest';
import type { PlannedFile } from './destinations/destination.js';
import { edmOriginOf } from './edm-origin.js';
import { faultOf } from './name-table.js';
import { edmFilters } from './names/edm-filters.js';
import { edmPlaces } from './names/edm-places.js';
import { flaxPlaces } from './names/flax-places.js';
import { mlTractPlaces } from './names/ml-tract-places.js';
import { planConversion } from './plan-conversion.js';
import { readSource } from './read-source.js';
import { sourceFormats } from './source-formats.js';
import { randomWeights, weightsThere } from './testing/random-weights.js';

const tiny: UNetConfig = {
  ...{ kind: 'unet', imageSize: 8, inChannels: 1, channels: 8, embChannels: 16, channelMult: [1, 2], blocks: 1, attentionResolutions: [4] },
  ...{ heads: 2, scaleShift: true, resampleInBlocks: true, outputs: 1, classes: 3, groups: 4 },
};
const ncsnpp: SongUNetConfig = {
  ...edmConfigs.cifar10Ncsnpp,
  ...{ imageSize: 8, channels: 8, embChannels: 32, noiseChannels: 16, channelMult: [1, 2], blocks: 1, dropout: 0.13 },
};
const hints = { imageSize: 8, heads: 2, groups: 4 };
const bytesOf = ({ content }: PlannedFile) => joinPieces(content());
const filters = Array.from(edmFilters(ncsnpp), ([name, { shape, values }]): [string, NamedArray] => [
  name,
  { dtype: 'F32', shape, data: values },
]);
const ncsnppThere = new Map([...weightsThere(edmPlaces(ncsnpp), randomWeights(ncsnpp, 9)), ...filters]);

/** Description of such a network in EDM's pickles. */
const settings = new Map<string, PlainValue>(
  Object.entries({
    ...{ img_resolution: 8, img_channels: 3, label_dim: 0, use_fp16: false, model_type: 'SongUNet', dropout: 0.13 },
    ...{ model_channels: 8, channel_mult: [1, 2], num_blocks: 1, embedding_type: 'fourier', channel_mult_noise: 2 },
    ...{ encoder_type: 'residual', resample_filter: [1, 3, 3, 1] },
  }),
);
const origin = edmOriginOf(new Map([['ema', new PlainObject('EDMPrecond', new Map<string, PlainValue>([['_init_kwargs', settings]]))]]));

test('a state dict becomes a model file, which goes back into the same state dict, without a file system', () => {
  const there = weightsThere(mlTractPlaces(tiny), randomWeights(tiny, 1));
  const source = readSource({ name: 'state.safetensors', bytes: writeSafetensors(there) });
  const plan = planConversion(source.content, { destination: 'safetensors', hints, recipe: { convertedFrom: 'state.safetensors' } });
  expect(plan).toMatchObject({ format: 'ml-tract', part: 'model', network: tiny, prediction: 'x0', others: [], notes: [] });
  const file = bytesOf(plan.files![0]);
  expect(loadModel(file)).toMatchObject({ network: tiny, recipe: { convertedFrom: 'state.safetensors', family: 'ml-tract' } });
  const back = planConversion(readSource({ name: 'model.safetensors', bytes: file }).content, { destination: 'pt' });
  const again = readTorch(bytesOf(back.files![0])).tensors;
  expect([...again.keys()]).toEqual([...there.keys()]);
  for (const [name, array] of there) expect(again.get(name), name).toEqual(array);
});

test('a plan reads no weights before it is written, and then each tensor once at a time', () => {
  const reads: string[] = [];
  const counted = Array.from(weightsThere(mlTractPlaces(tiny), randomWeights(tiny, 1)), ([name, array]): [string, NamedArray] => [
    name,
    {
      dtype: 'F32',
      shape: array.shape,
      get data() {
        reads.push(name);
        return array.data as Float32Array;
      },
    },
  ]);
  const plan = planConversion({ name: 'state.pt', tensors: new Map(counted) }, { destination: 'safetensors', hints });
  expect(reads).toEqual([]);
  bytesOf(plan.files![0]);
  expect(new Set(reads).size).toBe(counted.length);
});

describe.each(['cifar10', 'imagenet64'] as const)('the published %s network', (data) => {
  const network = paperConfigs[data];
  test.each([
    ['ml-tract', mlTractPlaces(network)],
    ['flax', flaxPlaces(network)],
  ] as const)('of %s needs no hints', (format, places) => {
    const empty = [...places.values()].flatMap(({ names, shape }) =>
      names.map((name): [string, NamedArray] => [name, { dtype: 'F32', shape, data: new Float32Array(0) }]),
    );
    const source = { name: 'published', tensors: new Map(empty) };
    const recognised = sourceFormats.find(({ name }) => name === format)!.recognise(source, {});
    expect(recognised.model()).toEqual({ network, prediction: data === 'cifar10' ? 'x0' : 'x0+eps', samplingSteps: [], data });
  });
});

test('a network that is like a published one but for its image size is not taken for it', () => {
  const empty = Array.from(mlTractPlaces(paperConfigs.cifar10).values(), ({ names: [name], shape }): [string, NamedArray] => [
    name,
    { dtype: 'F32', shape, data: new Float32Array(0) },
  ]);
  const source = { name: 'a.pt', tensors: new Map(empty) };
  expect(() => planConversion(source, { destination: 'folder', hints: { imageSize: 128 } })).toThrow(
    'a.pt: its weights do not tell heads (or headDim); give hints such as {"heads":1}',
  );
});

describe('a network of EDM', () => {
  const source = { name: 'a.pkl', tensors: ncsnppThere, edm: origin };

  test('is recognised by what its pickle says it was made with, name by name', () => {
    const { network, table } = planConversion(source, { destination: 'safetensors' });
    expect(network).toEqual(ncsnpp);
    expect(faultOf(table)).toBeUndefined();
    expect(table.mapped).toHaveLength(ncsnppThere.size);
    const { files, table: less } = planConversion({ ...source, tensors: new Map([...ncsnppThere].slice(1)) }, { destination: 'folder' });
    expect(less.missing).toEqual([[...ncsnppThere.keys()][0]]);
    expect(files).toBeUndefined();
  });

  test('that is none of the published ones and does not say how it was made is refused', () => {
    expect(() => planConversion({ ...source, edm: undefined }, { destination: 'pt' })).toThrow('none of the published networks');
  });

  test('passes over what its preconditioning keeps, and refuses another filter', () => {
    const one = (data: Float32Array, shape: number[]): NamedArray => ({ dtype: 'F32', shape, data });
    const more = new Map([...ncsnppThere, ['u', one(new Float32Array(3), [3])] as const]);
    expect(planConversion({ ...source, tensors: more }, { destination: 'folder' })).toMatchObject({
      others: ['u'],
      table: { leftOver: [] },
    });
    const other = new Map([...ncsnppThere, [filters[0][0], one(new Float32Array(16), [1, 1, 4, 4])] as const]);
    expect(() => planConversion({ ...source, tensors: other }, { destination: 'folder' })).toThrow('is not the filter of this network');
  });
});

test('parts are chosen by what they are called or by the prefix of their names', () => {
  const weights = [1, 2, 3].map((seed) => weightsThere(mlTractPlaces(tiny), randomWeights(tiny, seed)));
  const prefixes = ['model.', 'ema.ema_model.', 'ema_0.9999.'];
  const tensors = new Map(weights.flatMap((one, i) => Array.from(one, ([name, array]) => [prefixes[i] + name, array] as const)));
  const plan = (part?: string) => planConversion({ name: 'run.pt', tensors }, { destination: 'safetensors', hints, part });
  expect(() => plan()).toThrow("run.pt holds several networks: model, 'ema.ema_model', 'ema_0.9999'; choose one by the option 'part'");
  expect(() => plan('teacher')).toThrow("no part teacher; it has model, 'ema.ema_model'");
  for (const [i, part] of ['model', 'ema.ema_model', 'ema_0.9999'].entries()) {
    const { files, others, part: found } = plan(part);
    expect({ found, others: others.length }).toEqual({ found: part, others: 2 * weights[0].size });
    const kernel = readSafetensors(bytesOf(files![0])).tensors.get('embedding.time.second.bias');
    expect(kernel).toEqual(weights[i].get('time.2.bias'));
  }
});

test.each<[NetworkConfig, string, string]>([
  [ncsnpp, 'diffusers', "a UNet2DModel has no DDPM++ or NCSN++ of EDM's kind"],
  [{ ...edmConfigs.imagenet64Adm, channels: 32, headDim: 32, groups: 8, channelMult: [1] }, 'pt', "cannot take EDM's names"],
])('a model that a form does not have is refused', (network, destination, message) => {
  const description = { network, prediction: 'x0', samplingSteps: [1], data: 'none' } as const;
  expect(() => planConversion({ name: 'm', description, tensors: randomWeights(network, 1) }, { destination })).toThrow(message);
});

test('a model says all about itself', () => {
  const description = { network: tiny, prediction: 'x0', samplingSteps: [], data: 'none' } as const;
  expect(() => planConversion({ name: 'm', description, tensors: randomWeights(tiny, 1) }, { destination: 'folder', hints })).toThrow(
    'leave format, part and hints out',
  );
});
