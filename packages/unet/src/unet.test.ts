import {
  add,
  dispose,
  leaves,
  mapTree,
  memory,
  mul,
  randomNormals,
  read,
  readScalar,
  scale,
  slice,
  sum,
  type Tensor,
  tensor,
  useBackend,
  valueAndGrad,
  zipTree,
} from '@tract/tensor';
import { beforeAll, expect, test } from 'vitest';
import '@tensorflow/tfjs-backend-cpu';
import { applyUNet, initUNet, type UNetConfig, type UNetParams } from './index.js';
import { timeFeatures } from './layers/embedding.js';

const tiny: UNetConfig = {
  kind: 'unet',
  imageSize: 8,
  inChannels: 2,
  channels: 4,
  embChannels: 6,
  channelMult: [1, 2],
  blocks: 1,
  attentionResolutions: [4],
  heads: 2,
  scaleShift: true,
  resampleInBlocks: true,
  outputs: 2,
  classes: 3,
  groups: 2,
};
const kinds: [string, UNetConfig][] = [
  ['resampling in blocks, scale and shift, classes', tiny],
  [
    'strided convolutions, added time',
    { ...tiny, scaleShift: false, resampleInBlocks: false, outputs: 1, classes: 1, heads: undefined, headDim: 4 },
  ],
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
/** Parameters none of which is zero, so that nothing is hidden by the zero-like layers. */
function livelyParams(config: UNetConfig): UNetParams {
  let sample = 0;
  return mapTree(initUNet(config, 1), (leaf) => add(leaf, scale(normals(sample++, leaf.shape), 0.15)));
}
const labelsFor = (config: UNetConfig, labels: number[]) => (config.classes > 1 ? labels : undefined);
const largest = (values: Float32Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

test.each(kinds)('with %s, gradients agree with central differences along random directions', async (_, config) => {
  const params = livelyParams(config);
  const xt = normals(1000, [2, 8, 8, 2]);
  const cotangent = normals(1001, [2, 8, 8, 2 * config.outputs]);
  const loss = (tree: { params: UNetParams; xt: Tensor }) =>
    sum(mul(applyUNet(config, tree.params, tree.xt, { noise: [-3, 1.5], labels: labelsFor(config, [2, 0]) }), cotangent));
  const at = { params, xt };
  const { grads } = valueAndGrad(loss, at);
  for (const trial of [0, 1, 2]) {
    let sample = 2000 + 500 * trial;
    const direction = mapTree(at, (leaf) => normals(sample++, leaf.shape));
    const along = await readScalar(
      leaves(zipTree(grads, direction, (g, d) => sum(mul(g, d)))).reduce((total, [, part]) => add(total, part), tensor([0], [])),
    );
    const moved = async (step: number) => readScalar(loss(zipTree(at, direction, (p, d) => add(p, scale(d, step)))));
    // Fourth-order differences: at this step both the truncation (h^4) and float32's rounding of the loss (1e-6 / h) stay below 1e-3.
    const h = 4e-3;
    const [m2, m1, p1, p2] = [await moved(-2 * h), await moved(-h), await moved(h), await moved(2 * h)];
    const difference = (m2 - 8 * m1 + 8 * p1 - p2) / (12 * h);
    expect(Math.abs(along - difference)).toBeLessThan(3e-3 * Math.abs(difference) + 1e-2);
  }
});

test.each(kinds)('with %s, an image does not see the rest of its batch', async (_, config) => {
  const params = livelyParams(config);
  const xt = normals(1, [3, 8, 8, 2]);
  const together = await read(applyUNet(config, params, xt, { noise: [-9, 0, 9], labels: labelsFor(config, [0, 1, 2]) }));
  const alone = await read(
    applyUNet(config, params, slice(xt, [1, 0, 0, 0], [1, 8, 8, 2]), { noise: [0], labels: labelsFor(config, [1]) }),
  );
  expect(alone).toEqual(together.slice(alone.length, 2 * alone.length));
});

test('a fresh network puts out almost nothing, whatever it is shown', async () => {
  const out = await read(applyUNet(tiny, initUNet(tiny, 3), normals(1, [2, 8, 8, 2]), { noise: [4, -4], labels: [0, 1] }));
  expect(largest(out)).toBeLessThan(1e-3);
  expect(largest(out)).toBeGreaterThan(0);
});

test('time, class and input all reach the output', async () => {
  const params = livelyParams(tiny);
  const xt = normals(1, [1, 8, 8, 2]);
  const base = await read(applyUNet(tiny, params, xt, { noise: [0], labels: [0] }));
  const changed = [
    applyUNet(tiny, params, xt, { noise: [1], labels: [0] }),
    applyUNet(tiny, params, xt, { noise: [0], labels: [1] }),
    applyUNet(tiny, params, scale(xt, 1.1), { noise: [0], labels: [0] }),
  ];
  for (const other of changed) expect(largest((await read(other)).map((value, i) => value - base[i]))).toBeGreaterThan(1e-2);
});

test('images need not be square, nor of the configured size', () => {
  expect(applyUNet(tiny, initUNet(tiny, 0), normals(1, [1, 4, 12, 2]), { noise: [0], labels: [0] }).shape).toEqual([1, 4, 12, 4]);
});

test('a call leaves one tensor, a gradient one tensor per parameter and its value', () => {
  const params = livelyParams(tiny);
  const xt = normals(1, [2, 8, 8, 2]);
  const before = memory().tensors;
  const out = applyUNet(tiny, params, xt, { noise: [1, 2], labels: [0, 1] });
  expect(memory().tensors).toBe(before + 1);
  dispose(out);
  const result = valueAndGrad((p: UNetParams) => sum(applyUNet(tiny, p, xt, { noise: [1, 2], labels: [0, 1] })), params);
  expect(memory().tensors).toBe(before + 1 + leaves(params).length);
  dispose(result);
});

test('the start is a function of the seed', async () => {
  const kernel = (seed: number) => read(initUNet(tiny, seed).embedding.time.first.weight);
  expect(await kernel(1)).toEqual(await kernel(1));
  expect(await kernel(1)).not.toEqual(await kernel(2));
});

test('the time features of logSNR 0 are those of the middle of the schedule', () => {
  const features = timeFeatures([0, -20, -1000, 20], 4);
  // u = 1/2, so the angles are 500 and 500/10000; the slack is float32's rounding of the angle.
  [Math.sin(500), Math.sin(0.05), Math.cos(500), Math.cos(0.05)].forEach((value, i) => {
    expect(features[i]).toBeCloseTo(value, 4);
  });
  expect(features.slice(8, 12)).toEqual(features.slice(4, 8));
  expect(features[12]).toBeCloseTo(Math.sin((2000 / Math.PI) * Math.atan(Math.exp(-10))), 6);
});

test.each<[string, () => Tensor, RegExp]>([
  [
    'a channels-first batch',
    () => applyUNet(tiny, initUNet(tiny, 0), normals(1, [1, 2, 8, 8]), { noise: [0], labels: [0] }),
    /xt must be \[N, H, W, 2\].*got \[1,2,8,8\]/,
  ],
  ['an odd side', () => applyUNet(tiny, initUNet(tiny, 0), normals(1, [1, 7, 8, 2]), { noise: [0], labels: [0] }), /divisible by 2/],
  [
    'too few noise levels',
    () => applyUNet(tiny, initUNet(tiny, 0), normals(1, [2, 8, 8, 2]), { noise: [0], labels: [0, 1] }),
    /one value per image, 2, got 1/,
  ],
  ['NaN', () => applyUNet(tiny, initUNet(tiny, 0), normals(1, [1, 8, 8, 2]), { noise: [Number.NaN], labels: [0] }), /got NaN for image 0/],
  [
    'the other end of a jump',
    () => applyUNet(tiny, initUNet(tiny, 0), normals(1, [1, 8, 8, 2]), { noise: [0], noiseEnd: [9], labels: [0] }),
    /conditioned on one noise level, but noiseEnd was given; leave it out/,
  ],
  ['no labels', () => applyUNet(tiny, initUNet(tiny, 0), normals(1, [1, 8, 8, 2]), { noise: [0] }), /needs labels/],
  [
    'a label beyond the classes',
    () => applyUNet(tiny, initUNet(tiny, 0), normals(1, [1, 8, 8, 2]), { noise: [0], labels: [3] }),
    /integer in \[0, 3\), got 3/,
  ],
  [
    'parameters of another network',
    () => applyUNet({ ...tiny, blocks: 2 }, initUNet(tiny, 0), normals(1, [1, 8, 8, 2]), { noise: [0], labels: [0] }),
    /parameters/,
  ],
])('%s is refused', (_, call, message) => {
  expect(call).toThrow(message);
});
