import {
  add,
  dispose,
  leaves,
  mapTree,
  memory,
  mul,
  randomNormals,
  read,
  scale,
  slice,
  sum,
  type Tensor,
  tensor,
  useBackend,
  valueAndGrad,
} from '@tract/tensor';
import { checkGradient } from '@tract/tensor/testing';
import { beforeAll, expect, test } from 'vitest';
import '@tensorflow/tfjs-backend-cpu';
import {
  applyEdmUNet,
  type DhariwalUNetConfig,
  type EdmUNetConfig,
  type EdmUNetParams,
  initEdmUNet,
  type SongUNetConfig,
} from '../index.js';

const sizes = {
  imageSize: 8,
  inChannels: 2,
  channels: 8,
  embChannels: 6,
  channelMult: [1, 2],
  blocks: 1,
  attentionResolutions: [4],
  outputs: 1,
  classes: 3,
  augmentChannels: 2,
};
const song: SongUNetConfig = {
  ...sizes,
  kind: 'song',
  noiseFeatures: 'fourier',
  noiseChannels: 8,
  filter: [1, 3, 3, 1],
  encoder: 'residual',
  decoder: 'skip',
};
const dhariwal: DhariwalUNetConfig = { ...sizes, kind: 'dhariwal', outputs: 2 };
const kinds: [string, EdmUNetConfig][] = [
  ['song', song],
  ['dhariwal', dhariwal],
];

beforeAll(() => useBackend('cpu'));

const normals = (sample: number, shape: readonly number[]) =>
  tensor(
    randomNormals(
      { seed: 7, stream: 99, step: 0, sample },
      shape.reduce((a, b) => a * b, 1),
    ),
    shape,
  );
/** Parameters none of which is zero, so that nothing is hidden by the layers that start silent. */
function livelyParams(config: EdmUNetConfig): EdmUNetParams {
  let sample = 0;
  return mapTree(initEdmUNet(config, 1), (leaf, path) =>
    path.endsWith('frequencies') ? leaf : add(leaf, scale(normals(sample++, leaf.shape), 0.15)),
  );
}
const largest = (values: Float32Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const augment = [
  [1, -1],
  [0, 0.5],
  [2, 0],
];

test.each(kinds)('%s: gradients agree with central differences along random directions', async (_, config) => {
  const { embedding, ...rest } = livelyParams(config);
  // What is not trained is no variable here: moving it would change the loss.
  const { frequencies, ...layers } = embedding;
  const cotangent = normals(1001, [2, 8, 8, 2 * config.outputs]);
  type At = { embedding: typeof layers; rest: typeof rest; xt: Tensor };
  const loss = (at: At) => {
    const params = { embedding: { frequencies, ...at.embedding }, ...at.rest };
    return sum(mul(applyEdmUNet(config, params, at.xt, { noise: [-1.2, 0.4], labels: [2, 0], augment: augment.slice(0, 2) }), cotangent));
  };
  // float32's rounding of the loss over the step, and the loss's curvature: some 3e-4 of the gradient.
  await checkGradient(loss, { embedding: layers, rest, xt: normals(1000, [2, 8, 8, 2]) }, { step: 1e-3, tolerance: 2e-3, directions: 2 });
});

test('the frequencies of Fourier features have no gradient, although the output depends on them', async () => {
  const params = livelyParams(song);
  const xt = normals(1, [1, 8, 8, 2]);
  const apply = (p: EdmUNetParams) => applyEdmUNet(song, p, xt, { noise: [0.3], labels: [0] });
  const { grads } = valueAndGrad((p: EdmUNetParams) => sum(apply(p)), params);
  expect(largest(await read(grads.embedding.frequencies!))).toBe(0);
  const moved = { ...params, embedding: { ...params.embedding, frequencies: scale(params.embedding.frequencies!, 1.01) } };
  const base = await read(apply(params));
  expect(largest((await read(apply(moved))).map((value, i) => value - base[i]))).toBeGreaterThan(1e-3);
});

test.each(kinds)('%s: an image does not see the rest of its batch', async (_, config) => {
  const params = livelyParams(config);
  const xt = normals(1, [3, 8, 8, 2]);
  const together = await read(applyEdmUNet(config, params, xt, { noise: [-1.5, 0, 1], labels: [0, 1, 2], augment }));
  const alone = await read(
    applyEdmUNet(config, params, slice(xt, [1, 0, 0, 0], [1, 8, 8, 2]), { noise: [0], labels: [1], augment: [augment[1]] }),
  );
  expect(alone).toEqual(together.slice(alone.length, 2 * alone.length));
});

test.each(kinds)(
  '%s: noise, class, augmentation and input all reach the output, and no augmentation is one of zeros',
  async (_, config) => {
    const params = livelyParams(config);
    const xt = normals(1, [1, 8, 8, 2]);
    const base = await read(applyEdmUNet(config, params, xt, { noise: [0], labels: [0] }));
    const changed = [
      applyEdmUNet(config, params, xt, { noise: [0.3], labels: [0] }),
      applyEdmUNet(config, params, xt, { noise: [0], labels: [1] }),
      applyEdmUNet(config, params, xt, { noise: [0], labels: [0], augment: [[0, 1]] }),
      applyEdmUNet(config, params, scale(xt, 1.1), { noise: [0], labels: [0] }),
    ];
    for (const other of changed) expect(largest((await read(other)).map((value, i) => value - base[i]))).toBeGreaterThan(1e-3);
    expect(await read(applyEdmUNet(config, params, xt, { noise: [0], labels: [0], augment: [[0, 0]] }))).toEqual(base);
  },
);

test.each(kinds)('%s: a call leaves one tensor, a gradient one per parameter and its value; images need not be square', (_, config) => {
  const params = livelyParams(config);
  const xt = normals(1, [1, 4, 12, 2]);
  const before = memory().tensors;
  const out = applyEdmUNet(config, params, xt, { noise: [1], labels: [0] });
  expect(out.shape).toEqual([1, 4, 12, 2 * config.outputs]);
  expect(memory().tensors).toBe(before + 1);
  dispose(out);
  const result = valueAndGrad(
    (p: EdmUNetParams) => sum(applyEdmUNet(config, p, xt, { noise: [1], labels: [0], augment: [[1, 1]] })),
    params,
  );
  expect(memory().tensors).toBe(before + 1 + leaves(params).length);
  dispose(result);
});

test.each<[string, () => Tensor, RegExp]>([
  [
    'a channels-first batch',
    () => applyEdmUNet(song, initEdmUNet(song, 0), normals(1, [1, 2, 8, 8]), { noise: [0], labels: [0] }),
    /applyEdmUNet: xt must be \[N, H, W, 2\].*got \[1,2,8,8\]/,
  ],
  [
    'too few noise levels',
    () => applyEdmUNet(song, initEdmUNet(song, 0), normals(1, [2, 8, 8, 2]), { noise: [0], labels: [0, 1] }),
    /noise must have one value per image, 2, got 1/,
  ],
  ['no labels', () => applyEdmUNet(song, initEdmUNet(song, 0), normals(1, [1, 8, 8, 2]), { noise: [0] }), /needs labels/],
  [
    'an augmentation of another width',
    () => applyEdmUNet(song, initEdmUNet(song, 0), normals(1, [1, 8, 8, 2]), { noise: [0], labels: [0], augment: [[1, 2, 3]] }),
    /each row of augment must be 2 numbers, got \[1,2,3\]/,
  ],
  [
    'too few augmentations',
    () => applyEdmUNet(song, initEdmUNet(song, 0), normals(1, [2, 8, 8, 2]), { noise: [0, 0], labels: [0, 0], augment: [[1, 2]] }),
    /augment must have one row per image, 2, got 1/,
  ],
  [
    'an augmentation that the network does not know',
    () =>
      applyEdmUNet(
        { ...song, augmentChannels: undefined },
        initEdmUNet({ ...song, augmentChannels: undefined }, 0),
        normals(1, [1, 8, 8, 2]),
        { noise: [0], labels: [0], augment: [[1, 2]] },
      ),
    /knows no augmentation/,
  ],
  [
    'parameters without the pyramid',
    () => applyEdmUNet(song, initEdmUNet({ ...song, encoder: 'standard' }, 0), normals(1, [1, 8, 8, 2]), { noise: [0], labels: [0] }),
    /1 stages in 'pyramid' but the parameters have 0/,
  ],
  [
    'parameters without frequencies',
    () =>
      applyEdmUNet(song, initEdmUNet({ ...song, noiseFeatures: 'positional' }, 0), normals(1, [1, 8, 8, 2]), { noise: [0], labels: [0] }),
    /the configuration has a 'frequencies' in the embedding and the parameters differ/,
  ],
  [
    'parameters of another network',
    () => applyEdmUNet({ ...song, blocks: 2 }, initEdmUNet(song, 0), normals(1, [1, 8, 8, 2]), { noise: [0], labels: [0] }),
    /parameters/,
  ],
])('%s is refused', (_, call, message) => {
  expect(call).toThrow(message);
});
