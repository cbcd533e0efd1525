import { leaves } from '@tract/tensor';
import { expect, test } from 'vitest';
import { edmFilters, edmNames, edmUNetSpec, edmWeights, type ParamSpec, type SongUNetConfig, type StateArray } from '../index.js';

const config: SongUNetConfig = {
  kind: 'song',
  imageSize: 8,
  inChannels: 1,
  channels: 4,
  embChannels: 4,
  channelMult: [1, 2],
  blocks: 1,
  attentionResolutions: [],
  outputs: 1,
  classes: 1,
  noiseFeatures: 'fourier',
  noiseChannels: 4,
  filter: [1, 3, 3, 1],
  encoder: 'skip',
  decoder: 'skip',
};

/** A state dict of this configuration's network; every parameter holds 0, 1, 2, ... in the published order. */
function stateDict(): Map<string, StateArray> {
  const names = edmNames(config);
  const state = new Map<string, StateArray>(edmFilters(config));
  for (const [path, { shape }] of leaves<ParamSpec>(edmUNetSpec(config))) {
    const { name, layout } = names.get(path)!;
    const [cIn, cOut] = shape.slice(-2);
    const there = layout === 'plain' ? shape : [cOut, cIn, ...shape.slice(0, -2)];
    state.set(name, { shape: there, values: Float32Array.from({ length: there.reduce((a, b) => a * b) }, (_, i) => i) });
  }
  return state;
}

test('a state dict is read in our leaf order and layout, the filters beside it checked', () => {
  const weights = edmWeights(config, stateDict().set('sigma_min', { shape: [], values: Float32Array.of(0) }));
  expect(weights.map(({ path, shape }) => [path, shape])).toEqual(
    leaves<ParamSpec>(edmUNetSpec(config)).map(([path, { shape }]) => [path, shape]),
  );
  const first = weights.find(({ path }) => path === 'embedding.first.weight')!;
  expect([...first.values.slice(0, 4)]).toEqual([0, 4, 8, 12]);
  expect([...edmFilters(config).keys()].sort()).toEqual(
    ['dec.8x8_aux_up', 'dec.8x8_up.conv0', 'dec.8x8_up.skip', 'enc.4x4_aux_down', 'enc.4x4_down.conv0', 'enc.4x4_down.skip'].map(
      (owner) => `model.${owner}.resample_filter`,
    ),
  );
  expect(edmFilters(config).get('model.enc.4x4_aux_down.resample_filter')!.values[5]).toBeCloseTo(9 / 64, 7);
});

test.each<[string, (state: Map<string, StateArray>) => unknown, RegExp]>([
  ['without a parameter', (state) => state.delete('model.map_noise.freqs'), /'model.map_noise.freqs' is missing/],
  [
    'with a parameter of another shape',
    (state) => state.set('model.map_layer0.weight', { shape: [4, 5], values: new Float32Array(20) }),
    /'model.map_layer0.weight' has shape \[4,5\], which is not \[4,4\]/,
  ],
  [
    'with a parameter of another rank',
    (state) => state.set('model.enc.8x8_conv.weight', { shape: [36], values: new Float32Array(36) }),
    /'model.enc.8x8_conv.weight' has shape \[36\]/,
  ],
  [
    'of a larger network',
    (state) => state.set('model.map_label.weight', { shape: [4, 10], values: new Float32Array(40) }),
    /'model.map_label.weight' belongs to no parameter/,
  ],
  [
    'with another filter',
    (state) => state.set('model.enc.4x4_down.skip.resample_filter', { shape: [1, 1, 2, 2], values: new Float32Array(4).fill(0.25) }),
    /'model.enc.4x4_down.skip.resample_filter' is not the filter of the configuration, the square of \[1,3,3,1\]/,
  ],
])('a state dict %s is refused', (_, damage, message) => {
  const state = stateDict();
  damage(state);
  expect(() => edmWeights(config, state)).toThrow(message);
});
