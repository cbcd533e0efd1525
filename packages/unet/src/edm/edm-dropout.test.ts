import '@tensorflow/tfjs-backend-cpu';
import { add, mapTree, mul, noise, read, scale, scope, slice, sum, type Tensor, useBackend } from '@tract/tensor';
import { checkGradient } from '@tract/tensor/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { applyBackbone } from '../backbone.js';
import {
  applyEdmUNet,
  type DhariwalUNetConfig,
  type EdmUNetConfig,
  type EdmUNetParams,
  initEdmUNet,
  type SongUNetConfig,
} from '../index.js';
import { planEdm, styleOfEdm } from './edm-layout.js';

const sizes = { imageSize: 8, inChannels: 1, channels: 8, embChannels: 6, channelMult: [1, 2], blocks: 1, attentionResolutions: [4] };
const common = { ...sizes, outputs: 1, classes: 1, dropout: 0.3 };
const standard = { noiseFeatures: 'positional', noiseChannels: 8, filter: [1, 1], encoder: 'standard', decoder: 'standard' } as const;
const song: SongUNetConfig = { ...common, ...standard, kind: 'song' };
const dhariwal: DhariwalUNetConfig = { ...common, kind: 'dhariwal' };

beforeAll(() => useBackend('cpu'));

const images = (count: number) => noise({ seed: 7, samples: { first: 0, count }, shape: [8, 8, 1] });

/** Parameters none of which is zero, so that what is dropped shows. */
function livelyParams(config: EdmUNetConfig): EdmUNetParams {
  let step = 0;
  return mapTree(initEdmUNet(config, 1), (leaf) =>
    scope(() =>
      add(leaf, scale(noise({ seed: 3, step: step++, samples: { first: 0, count: leaf.shape[0] }, shape: leaf.shape.slice(1) }), 0.15)),
    ),
  );
}

describe.each<[string, EdmUNetConfig]>([
  ['song', song],
  ['dhariwal', dhariwal],
])('dropout of %s', (_, config) => {
  const training = { seed: 5, step: 9, first: 0 };
  const [count, cNoise] = [3, [-1.5, 0, 1]];

  test('is off unless the call says that it trains', async () => {
    const params = livelyParams(config);
    const xt = images(count);
    const outputOf = (own: EdmUNetConfig, key?: typeof training) => read(applyEdmUNet(own, params, xt, { noise: cNoise, training: key }));
    const whole = await outputOf({ ...config, dropout: undefined });
    expect(await outputOf(config)).toEqual(whole);
    expect(await outputOf({ ...config, dropout: undefined }, training)).toEqual(whole);
    const dropped = await outputOf(config, training);
    expect(dropped).not.toEqual(whole);
    expect(await outputOf(config, training)).toEqual(dropped);
    expect(await outputOf(config, { ...training, step: 10 })).not.toEqual(dropped);
    expect(await outputOf(config, { ...training, seed: 6 })).not.toEqual(dropped);
  });

  test('is keyed by the place in the batch, not by the call', async () => {
    const params = livelyParams(config);
    const xt = images(count);
    const together = await read(applyEdmUNet(config, params, xt, { noise: cNoise, training }));
    const second = slice(xt, [1, 0, 0, 0], [1, 8, 8, 1]);
    const alone = await read(applyEdmUNet(config, params, second, { noise: [0], training: { ...training, first: 1 } }));
    expect(alone).toEqual(together.slice(64, 128));
  });

  test('has the gradient of what is left', () => {
    const cotangent = noise({ seed: 8, samples: [0, 1], shape: [8, 8, 1] });
    const loss = ({ params, xt }: { params: EdmUNetParams; xt: Tensor }) =>
      sum(mul(applyEdmUNet(config, params, xt, { noise: [-1.2, 0.4], training }), cotangent));
    // The loss's curvature, which falls with the square of the step, and float32's rounding over it: some 3e-4 of the gradient.
    return checkGradient(loss, { params: livelyParams(config), xt: images(2) }, { step: 2.5e-4, tolerance: 2e-3, directions: 2 });
  });

  test('comes once in every residual block, each with a number of its own', () => {
    const { embedding: _embedding, ...backbone } = livelyParams(config);
    const plan = planEdm(config);
    const layers: number[] = [];
    const embedding = noise({ seed: 1, samples: [0], shape: [config.embChannels] });
    applyBackbone(plan, backbone, images(1), embedding, styleOfEdm(config), (features, layer) => {
      layers.push(layer);
      return features;
    });
    const blocks = [...plan.down, ...plan.mid, ...plan.up].flatMap(({ kind }, i) => (kind === 'block' ? [i] : []));
    expect(layers).toEqual(blocks);
  });
});
