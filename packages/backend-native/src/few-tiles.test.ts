import { adam, asStore, concat, conv2d, dispose, read, slice, type Tensor, tensor, useBackend, zerosLike } from '@tract/tensor';
import { describe, expect, test } from 'vitest';
import { expectSameBits, manyThreads, onEachSetting } from './testing/kernel-case.js';

const wave = (shape: number[], speed: number): Tensor => {
  const size = shape.reduce((product, length) => product * length, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(speed * i + 0.1 * i * i)),
    shape,
  );
};

const shapeOf = (values: Float32Array) => ({ shape: [values.length], values });

/** One image [9, 11, cIn] alone takes another way through the convolution than the same image in a batch of 32; filters are kept between calls. */
describe.each([
  [32, 48],
  [16, 64],
  [96, 16],
  [40, 24],
  [192, 192],
])('a 3x3 convolution from %i to %i channels over few tiles', (cIn, cOut) => {
  test('draws an image with the bits that it has in a large batch, also from a kept filter', async () => {
    const results = await onEachSetting(async () => {
      await useBackend('native');
      const [x, filter] = [wave([32, 9, 11, cIn], 0.3), wave([3, 3, cIn, cOut], 0.7)];
      const together = conv2d(x, filter);
      const alone = Array.from({ length: 3 }, (_, i) => conv2d(slice(x, [i, 0, 0, 0], [1, 9, 11, cIn]), filter));
      const values = await Promise.all([slice(together, [0, 0, 0, 0], [3, 9, 11, cOut]), concat(alone, 0)].map(read));
      dispose([x, filter, together, alone]);
      return values;
    }, manyThreads);
    for (const { instructionSet, one, others } of results) {
      expectSameBits([shapeOf(one[1])], [shapeOf(one[0])], instructionSet);
      for (const other of others) expectSameBits([shapeOf(other[1])], [shapeOf(one[0])], instructionSet);
    }
  });

  test('sees a filter that was updated in place', async () => {
    const results = await onEachSetting(async () => {
      await useBackend('native');
      const x = wave([1, 9, 11, cIn], 0.3);
      const params = asStore({ filter: wave([3, 3, cIn, cOut], 0.7) });
      const before = [1, 2, 3].map(() => conv2d(x, params.filter)); // from the second call on its transform is kept
      const gradient = { filter: wave([3, 3, cIn, cOut], 0.2) };
      const { state, gradNorm } = adam({ params, m: zerosLike(params), v: zerosLike(params) }, gradient, {
        learningRate: 0.1,
        step: 1,
        clipNorm: 0,
      });
      const after = conv2d(x, state.params.filter);
      const fresh = tensor(await read(state.params.filter), [3, 3, cIn, cOut]);
      const expected = conv2d(x, fresh);
      const values = await Promise.all([before[2], after, expected].map(read));
      dispose([x, state, gradient, gradNorm, before, after, fresh, expected]);
      return values;
    });
    for (const { instructionSet, one } of results) {
      expect(one[1]).not.toEqual(one[0]);
      expectSameBits([shapeOf(one[1])], [shapeOf(one[2])], instructionSet);
    }
  });
});
