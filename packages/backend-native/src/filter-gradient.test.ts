import { conv2d, dispose, read, slice, type Tensor, tensor, useBackend, vjp } from '@tract/tensor';
import { expectClose } from '@tract/tensor/testing';
import { describe, test } from 'vitest';
import { expectSameBits, manyThreads, onEachSetting } from './testing/kernel-case.js';

const images = 90; // of 3 x 3 tiles: 810, in four parts where the channels allow it; one image alone is never divided

const wave = (shape: number[], speed: number): Tensor => {
  const size = shape.reduce((product, length) => product * length, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(speed * i + 0.1 * i * i)),
    shape,
  );
};

describe.each([
  [32, 48],
  [16, 16],
  [64, 64],
  [96, 96],
])("a 3x3 filter's gradient from %i to %i channels over many tiles", (cIn, cOut) => {
  test('is the sum of those of the single images, with the same bits on any number of threads', async () => {
    const results = await onEachSetting(async () => {
      await useBackend('native');
      const [x, filter, dy] = [wave([images, 9, 11, cIn], 0.3), wave([3, 3, cIn, cOut], 0.7), wave([images, 9, 11, cOut], 0.5)];
      const gradient = async (from: number, count: number): Promise<Float32Array> => {
        const part = slice(x, [from, 0, 0, 0], [count, 9, 11, cIn]);
        const partOfDy = slice(dy, [from, 0, 0, 0], [count, 9, 11, cOut]);
        const result = vjp((params: { filter: Tensor }) => conv2d(part, params.filter), { filter }, partOfDy);
        const values = (await read(result.grads.filter)) as Float32Array;
        dispose([part, partOfDy, result.value, result.grads]);
        return values;
      };
      const together = await gradient(0, images);
      const sum = new Float64Array(together.length);
      for (let i = 0; i < images; i++) {
        const single = await gradient(i, 1);
        for (let at = 0; at < sum.length; at++) sum[at] += single[at];
      }
      dispose([x, filter, dy]);
      return [together, Float32Array.from(sum)];
    }, manyThreads);
    for (const { instructionSet, one, others } of results) {
      const result = (values: Float32Array) => [{ shape: [values.length], values }];
      for (const other of others) expectSameBits(result(other[0]), result(one[0]), instructionSet);
      expectClose(one[0], one[1], 1e-5, "Winograd's rounding, some 1e-6 of the largest entry, in both");
    }
  });
});
