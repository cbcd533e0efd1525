import { read, run, tensor, useBackend } from '@tract/tensor';
import { expect, test } from 'vitest';
import { startUnderNode } from '../testing/node-device.js';

const reason = await startUnderNode();
if (reason !== undefined) console.warn(`sums over first axes on WebGPU are not tested: ${reason}`);

/** On both sides of what one thread adds up, 512 rows, and far beyond; the last two are sums that the stock kernel does. */
const cases: [shape: number[], axis: number | number[]][] = [
  [[1, 3], 0],
  [[512, 3], [0]],
  [[513, 3], [0]],
  [
    [9, 60, 70],
    [0, 1],
  ],
  [[300_000, 2], -2],
  [[5, 600], [1]],
  [
    [7, 5, 3],
    [0, 2],
  ],
];

test.skipIf(reason !== undefined).each(cases)(
  `the sum of %j over axes %j is the host's${reason ? ` (skipped: ${reason})` : ''}`,
  async (shape, axis) => {
    await useBackend('webgpu');
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => ((i * 7919) % 16) - 7); // whole numbers: sums are exact
    const axes = [axis].flat().map((one) => (one < 0 ? one + shape.length : one));
    const kept = shape.map((length, i) => (axes.includes(i) ? 1 : length));
    const expected = new Float32Array(kept.reduce((a, b) => a * b));
    values.forEach((value, at) => {
      let [left, place, stride] = [at, 0, 1];
      for (let i = shape.length - 1; i >= 0; i--) {
        if (!axes.includes(i)) place += (left % shape[i]) * stride;
        stride *= kept[i];
        left = Math.floor(left / shape[i]);
      }
      expected[place] += value;
    });
    const x = tensor(values, shape);
    for (const keepDims of [false, true]) {
      const y = run('Sum', { x }, { axis, keepDims });
      expect(y.shape).toEqual(keepDims ? kept : shape.filter((_, i) => !axes.includes(i)));
      expect(await read(y)).toEqual(expected);
    }
  },
);
