import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, expect, test } from 'vitest';
import {
  add,
  attention,
  avgPool2x,
  clamp,
  combine,
  concat,
  conv2d,
  dispose,
  dropout,
  groupNorm,
  linear,
  matmul,
  noise,
  pad,
  read,
  reshape,
  seededTensorSpace,
  slice,
  squaredError,
  sum,
  type Tensor,
  tensorSpace,
  transpose,
  useBackend,
  zeros,
} from './index.js';

beforeAll(() => useBackend('cpu'));

const image = (...shape: number[]): Tensor => zeros(shape);

// [what is wrong, the call, what the message must say]
const mistakes: [string, () => unknown, RegExp][] = [
  ['shapes that do not broadcast', () => add(image(2, 3), image(2)), /add: shapes \[2,3\] and \[2\] do not broadcast/],
  ['inner axes that differ', () => matmul(image(2, 3), image(2, 3)), /matmul: \[2,3\] times \[2,3\] does not fit/],
  ['batches that differ', () => matmul(image(2, 3, 4), image(1, 4, 5)), /leading axes/],
  ['a weight of the wrong height', () => linear(image(2, 3), image(4, 5)), /linear: expected x \[\.\.\., in\]/],
  [
    'a rate of dropout that leaves nothing',
    () => dropout(image(2, 3), { rate: 1, seed: 0, samples: [0, 1] }),
    /dropout: rate must be in \[0, 1\), got 1/,
  ],
  [
    'samples that are not those of x',
    () => dropout(image(2, 3), { rate: 0.5, seed: 0, samples: [0] }),
    /dropout: needs one sample of the key for each of 2, got 1/,
  ],
  ['channels that differ', () => conv2d(image(1, 4, 4, 3), image(3, 3, 2, 5)), /conv2d: expected x \[N,H,W,Ci\]/],
  ['an even filter without pad', () => conv2d(image(1, 4, 4, 3), image(2, 2, 3, 5)), /has no default padding; give 'pad'/],
  ['a filter larger than the image', () => conv2d(image(1, 2, 2, 3), image(3, 3, 3, 5), { pad: 0 }), /larger than the image/],
  ['a bias of the wrong length', () => conv2d(image(1, 4, 4, 3), image(1, 1, 3, 5), { bias: image(3) }), /bias must have shape \[5\]/],
  ['groups that do not divide', () => groupNorm(image(1, 4, 6), image(6), image(6), { groups: 4 }), /C a multiple of groups/],
  [
    'a scale-shift of the wrong width',
    () => groupNorm(image(1, 4, 6), image(6), image(6), { groups: 2, scaleShift: image(1, 6) }),
    /\[1,12\]/,
  ],
  ['heads that do not divide', () => attention(image(1, 4, 12), { heads: 3 }), /C a multiple of heads/],
  ['an odd side', () => avgPool2x(image(1, 3, 4, 1)), /even H and W, got \[1,3,4,1\]/],
  ['weights for another batch', () => squaredError(image(2, 3), image(2, 3), [1]), /N weights, got \[2,3\], \[2,3\] and 1 weights/],
  ['coefficients for another batch', () => combine([[[1, 2, 3], image(2, 3)]]), /one for each of the 2 samples, got 3/],
  ['no term', () => combine([]), /at least one term/],
  ['axes that differ', () => concat([image(2, 3), image(3, 4)], 0), /must agree but for axis 0/],
  ['an axis out of range', () => sum(image(2, 3), 2), /axis must be an integer in \[-2, 1\]/],
  ['an axis twice', () => sum(image(2, 3), [0, -2]), /named twice/],
  ['an order that repeats', () => transpose(image(2, 3), [0, 0]), /each of the 2 axes once/],
  ['a size that does not fit', () => reshape(image(2, 3), [4, -1]), /reshape/],
  ['a block outside', () => slice(image(2, 3), [1, 0], [2, 3]), /must lie inside \[2,3\]/],
  ['a pad too few', () => pad(image(2, 3), [[0, 0]]), /each of the 2 axes/],
  ['limits in the wrong order', () => clamp(image(2), 1, 0), /low must not exceed high/],
  ['a sample out of range', () => noise({ seed: 1, samples: [-1], shape: [1] }), /sample must be an integer/],
];

for (const [what, call, message] of mistakes) {
  test(`${what}: refused`, () => {
    expect(call).toThrow(RangeError);
    expect(call).toThrow(message);
  });
}

test('the space of tensors combines and clamps; noise needs a seed', async () => {
  const like = image(2, 3);
  const a = noise({ seed: 1, samples: [4, 5], shape: [3] });
  expect(() => tensorSpace.noise(like, 0)).toThrow(/needs a seed; use seededTensorSpace/);
  const space = seededTensorSpace({ seed: 1, samples: [4, 5] });
  const b = space.noise(like, 0);
  expect(await read(b)).toEqual(await read(a));
  const c = space.clamp(
    space.combine([
      [3, a],
      [-2, b],
    ]),
    -0.1,
    0.1,
  );
  expect(await read(c)).toEqual((await read(a)).map((v) => Math.min(Math.max(v, -Math.fround(0.1)), Math.fround(0.1))));
  const start = space.noise(like, -1); // the start of a run, which no step draws
  expect(await read(start)).not.toEqual(await read(b));
  dispose([like, a, b, c, start]);
});
