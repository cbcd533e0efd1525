import { add, mapTree, mul, randomNormals, read, scale, sum, type Tensor, tensor, useBackend } from '@tract/tensor';
import { checkGradient } from '@tract/tensor/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import '@tensorflow/tfjs-backend-cpu';
import { initNetwork, type NetworkConfig, type NetworkParams, networks, withBothEnds } from './index.js';

beforeAll(() => useBackend('cpu'));

const sizes = {
  ...{ imageSize: 8, inChannels: 1, channels: 8, embChannels: 6, channelMult: [1], blocks: 1 },
  ...{ attentionResolutions: [], outputs: 1, classes: 2 },
};
const kinds: [string, NetworkConfig][] = [
  ['unet', { ...sizes, kind: 'unet', scaleShift: true, resampleInBlocks: true, groups: 4 }],
  [
    'song',
    { ...sizes, kind: 'song', noiseFeatures: 'fourier', noiseChannels: 8, filter: [1, 1], encoder: 'standard', decoder: 'standard' },
  ],
  ['dhariwal', { ...sizes, kind: 'dhariwal' }],
];

const normals = (sample: number, shape: readonly number[]) =>
  tensor(
    randomNormals(
      { seed: 3, stream: 99, step: 0, sample },
      shape.reduce((a, b) => a * b, 1),
    ),
    shape,
  );
/** Parameters none of which is zero, but for what is not to be trained. */
const lively = (params: NetworkParams): NetworkParams => {
  let sample = 0;
  return mapTree(params, (leaf, path) =>
    path.endsWith('frequencies') ? leaf : add(leaf, scale(normals(sample++, leaf.shape), 0.2)),
  ) as NetworkParams;
};

describe.each(kinds)('%s', (kind, config) => {
  const { apply } = networks[kind as 'unet'] as unknown as { apply: (typeof networks)['unet']['apply'] };
  const call = (network: NetworkConfig, params: NetworkParams, xt: Tensor, noiseEnd?: readonly number[]) =>
    apply(network as never, params, xt, { noise: [-1.2, 0.4], labels: [1, 0], ...(noiseEnd && { noiseEnd }) });
  const wide = { ...config, bothEnds: true } as NetworkConfig;
  const xt = normals(500, [2, 8, 8, 1]);

  test('a network that is told of the end computes what it did, until it learns of it', async () => {
    const params = lively(initNetwork(config, 1));
    const told = withBothEnds(config, params, 7);
    const before = await read(call(config, params, xt));
    expect(await read(call(wide, told, xt, [0.1, 2]))).toEqual(before);
    const learnt = lively(told);
    const [one, other, still] = [[0.1, 2], [0.3, 2], undefined].map((end) => call(wide, learnt, xt, end));
    const [first, second] = [await read(one), await read(other)];
    expect(first.subarray(0, 64)).not.toEqual(second.subarray(0, 64));
    expect(first.subarray(64)).toEqual(second.subarray(64));
    // Without an end the jump has no length.
    expect(await read(still)).toEqual(await read(call(wide, learnt, xt, [-1.2, 0.4])));
    expect(withBothEnds(wide, learnt, 7)).toBe(learnt);
  });

  test("the end's layers have the gradient of central differences", async () => {
    const { embedding, ...rest } = lively(initNetwork(wide, 1)) as unknown as { embedding: { end: Record<string, never> } };
    const cotangent = normals(501, [2, 8, 8, 1]);
    const loss = (at: { end: (typeof embedding)['end'] }) => {
      const params = { ...rest, embedding: { ...embedding, end: at.end } } as unknown as NetworkParams;
      return sum(mul(call(wide, params, xt, [0.1, 2]), cotangent));
    };
    await checkGradient(loss, { end: embedding.end }, { step: 1e-2, tolerance: 5e-3, directions: 2 });
  });

  test('parameters and configurations that differ are refused', () => {
    const params = initNetwork(config, 1);
    expect(() => call(wide, params, xt)).toThrow(/belong to another network/);
    expect(() => call(config, params, xt, [0, 0])).toThrow(/conditioned on one noise level/);
    expect(() => call(wide, initNetwork(wide, 1), xt, [0])).toThrow(/noiseEnd must have one number per image, 2/);
  });
});
