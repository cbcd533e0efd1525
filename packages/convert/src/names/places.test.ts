import { readFileSync } from 'node:fs';
import { leaves, randomNormals } from '@tract/tensor';
import {
  type DhariwalUNetConfig,
  type EdmUNetConfig,
  edmConfigs,
  edmUNetSpec,
  type ParamSpec,
  paperConfigs,
  type SongUNetConfig,
  type UNetConfig,
  unetSpec,
} from '@tract/unet';
import { expect, test } from 'vitest';
import { fromEdmSettings } from '../settings/edm-settings.js';
import { admPlaces } from './adm-places.js';
import { diffusersPlaces } from './diffusers-places.js';
import { edmPlaces } from './edm-places.js';
import { flaxPlaces } from './flax-places.js';
import { mlTractPlaces } from './ml-tract-places.js';
import { fromPlace, type Place, type Places, toPlace } from './place.js';

const size = (shape: readonly number[]) => shape.reduce((product, side) => product * side, 1);
const bytesOf = ({ buffer }: Float32Array) => new Uint8Array(buffer);
const small = { imageSize: 8, channels: 8, embChannels: 16, channelMult: [1, 2], blocks: 1, attentionResolutions: [4], classes: 3 };
const paper: UNetConfig = { ...paperConfigs.imagenet64, ...small, headDim: 4, groups: 4 };
const ncsnpp: SongUNetConfig = { ...edmConfigs.cifar10Ncsnpp, ...small, noiseChannels: 16 };
const skips: SongUNetConfig = { ...ncsnpp, encoder: 'skip', decoder: 'skip' };
const adm: DhariwalUNetConfig = { ...edmConfigs.imagenet64Adm, ...small, headDim: 4, groups: 4 };
const edmAdm: DhariwalUNetConfig = { ...edmConfigs.imagenet64Adm, ...small, channels: 64, channelMult: [1] };

type Specs = readonly (readonly [string, ParamSpec])[];
const paperSpecs = leaves<ParamSpec>(unetSpec(paper));
const specs = (config: EdmUNetConfig) => leaves<ParamSpec>(edmUNetSpec(config));
const tables: [name: string, places: Places, specs: Specs][] = [
  ['ml-tract', mlTractPlaces(paper), paperSpecs],
  [
    'ml-tract, strided',
    mlTractPlaces({ ...paper, resampleInBlocks: false }),
    leaves<ParamSpec>(unetSpec({ ...paper, resampleInBlocks: false })),
  ],
  ['flax', flaxPlaces(paper), paperSpecs],
  ['EDM NCSN++', edmPlaces(ncsnpp), specs(ncsnpp)],
  ['EDM with skips', edmPlaces(skips), specs(skips)],
  ['EDM ADM', edmPlaces(edmAdm), specs(edmAdm)],
  ['guided-diffusion', admPlaces(adm, { attentionAxes: 1, attentionOrder: 'legacy' }), specs(adm)],
  ['consistency_models', admPlaces(adm, { attentionAxes: 2, attentionOrder: 'new' }), specs(adm)],
  ['diffusers', diffusersPlaces(adm), specs(adm)],
];

test.each(tables)('%s: every parameter has a place of its own and survives the way there and back', (_, places, specs) => {
  expect([...places.keys()]).toEqual(specs.map(([path]) => path));
  const names = [...places.values()].flatMap((place) => place.names);
  expect(new Set(names).size).toBe(names.length);
  specs.forEach(([path, { shape }], sample) => {
    const values = randomNormals({ seed: 3, sample }, size(shape));
    const place = places.get(path)!;
    const there = toPlace(place, values);
    expect(
      there.map((array) => array.length),
      path,
    ).toEqual(place.names.map(() => size(place.shape)));
    expect(Buffer.compare(bytesOf(fromPlace(place, there)), bytesOf(values)), path).toBe(0);
  });
});

test.each<[order: 'head-channel-part' | 'part-head-channel', numberOf: (head: number, part: number, channel: number) => number]>([
  ['head-channel-part', (head, part, channel) => (head * 2 + channel) * 3 + part],
  ['part-head-channel', (head, part, channel) => (part * 2 + head) * 2 + channel],
])('outputs in the order %s become (head, part, channel)', (order, numberOf) => {
  // Two heads of two channels, one input: the value of each output says where it was.
  const there = Float32Array.from({ length: 12 }, (_, i) => i);
  const ours = [0, 1].flatMap((head) => [0, 1, 2].flatMap((part) => [0, 1].map((channel) => numberOf(head, part, channel))));
  const place: Place = { names: ['qkv'], shape: [12, 1, 1, 1], layout: 'conv', qkv: { heads: 2, channels: 2, order } };
  expect([...fromPlace(place, [there])]).toEqual(ours);
  expect([...fromPlace({ ...place, shape: [12], layout: 'plain' }, [there])]).toEqual(ours);
});

test('layouts of PyTorch become channels last, inputs before outputs', () => {
  const counting = (shape: number[]) => Float32Array.from({ length: size(shape) }, (_, i) => i);
  const one = (layout: Place['layout'], shape: number[]) => [...fromPlace({ names: ['one'], shape, layout }, [counting(shape)])];
  expect(one('conv', [2, 3, 1, 2])).toEqual([0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11]);
  expect(one('linear', [2, 3])).toEqual([0, 3, 1, 4, 2, 5]);
  expect(one('plain', [3])).toEqual([0, 1, 2]);
  // More outputs than are moved at once.
  const [outputs, inputs, taps] = [37, 2, 3];
  const moved = one('conv', [outputs, inputs, 1, taps]);
  expect(moved).toEqual(
    Array.from(
      moved,
      (_, at) => ((at % outputs) * inputs + (Math.floor(at / outputs) % inputs)) * taps + Math.floor(at / outputs / inputs),
    ),
  );
  expect([...toPlace({ names: ['one'], shape: [outputs, inputs, 1, taps], layout: 'conv' }, Float32Array.from(moved))[0]]).toEqual([
    ...moved.keys(),
  ]);
});

type Reference = { readonly name: string; readonly settings?: Record<string, unknown>; readonly config: UNetConfig | EdmUNetConfig } & {
  readonly parameters: Record<string, [name: string, along: number, norm: number, qkvHeads?: number]>;
};
const references = ['reference', 'edm-reference'].flatMap((name): Reference[] => {
  const text = readFileSync(new URL(`../../../unet/test/${name}.json`, import.meta.url), 'utf8');
  return JSON.parse(text).cases;
});

/** Networks whose tests compare outputs and gradients with the published programs'. */
test.each(references)('$name: names are those of the published program', ({ settings, config, parameters }) => {
  if (settings) expect(fromEdmSettings(settings)).toEqual(config);
  const network = Object.assign({ kind: 'unet' }, config);
  const places = network.kind === 'unet' ? mlTractPlaces(network) : edmPlaces(network);
  const found = Array.from(places, ([path, { names, qkv }]) => [path, names[0], qkv?.heads]);
  expect(found).toEqual(Object.entries(parameters).map(([path, [name, , , heads]]) => [path, name, heads]));
});

test('published networks have the names of their programs', () => {
  const strided = mlTractPlaces({ ...paperConfigs.cifar10, resampleInBlocks: false });
  const blocks = mlTractPlaces(paperConfigs.imagenet64);
  expect(blocks.get('embedding.classes.weight')!.names).toEqual(['class_emb.weight']);
  expect(blocks.get('down.1.res.time.weight')!.names).toEqual(['down.1.resblocks.time.1.weight']);
  expect(blocks.get('down.4.res.norm1.gamma')!.names).toEqual(['down.4.norm1.weight']);
  expect(strided.get('down.4.conv.kernel')!.names).toEqual(['down.4.0.weight']);
  expect(strided.get('up.4.conv.kernel')!.names).toEqual(['up.4.1.weight']);
  const song = edmPlaces(edmConfigs.cifar10Ncsnpp);
  expect(song.get('down.0.conv.kernel')).toEqual({ names: ['model.enc.32x32_conv.weight'], layout: 'conv', shape: [128, 3, 3, 3] });
  expect(song.get('down.6.attention.qkv.kernel')!.qkv).toEqual({ heads: 1, channels: 256, order: 'head-channel-part' });
  expect(song.get('pyramid.1.bias')!.names).toEqual(['model.enc.8x8_aux_residual.bias']);
  expect(edmPlaces({ ...edmConfigs.cifar10Ncsnpp, encoder: 'skip', decoder: 'skip' }).get('readouts.0.conv.kernel')!.names).toEqual([
    'model.dec.8x8_aux_conv.weight',
  ]);
  const imagenet = edmPlaces(edmConfigs.imagenet64Adm);
  expect(imagenet.get('up.4.res.conv1.kernel')!.names).toEqual(['model.dec.16x16_up.conv0.weight']);
  expect(imagenet.get('mid.0.attention.qkv.bias')!.qkv).toEqual({ heads: 12, channels: 64, order: 'head-channel-part' });
  expect(imagenet.get('out.conv.kernel')!.names).toEqual(['model.out_conv.weight']);
});

test('an ADM with options that EDM does not have gets no names of EDM', () => {
  for (const option of [{ scaleShift: false }, { resampleInBlocks: false }, { headDim: 32 }, { groups: 16 }])
    expect(() => edmPlaces({ ...edmConfigs.imagenet64Adm, ...option }), JSON.stringify(option)).toThrow('this configuration differs');
  expect(edmPlaces({ ...edmConfigs.imagenet64Adm, groups: 32, headDim: 64 })).toEqual(edmPlaces(edmConfigs.imagenet64Adm));
});
