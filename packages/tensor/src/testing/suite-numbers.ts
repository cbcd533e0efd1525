import { describe, expect, test } from 'vitest';
import { attention } from '../ops/attention.js';
import { exp, relu, sigmoid, silu, tanh } from '../ops/elementwise.js';
import { logSoftmax, softmax } from '../ops/softmax.js';
import { dispose } from '../scope.js';
import { clone, fill, read, tensor } from '../tensor.js';
import { expectClose } from './closeness.js';

/** Large arguments, where a formula that is right in the middle overflows. */
export function describeNumbers(): void {
  describe('the ends of the number line', () => {
    const unary = [
      { name: 'sigmoid', operation: sigmoid, at: [-200, -90, 90, 200], expected: [0, 0, 1, 1] },
      { name: 'silu', operation: silu, at: [-200, -100, 100, 200], expected: [0, 0, 100, 200] },
      { name: 'tanh', operation: tanh, at: [-200, -20, 20, 200], expected: [-1, -1, 1, 1] },
      { name: 'relu', operation: relu, at: [-3e38, -0, 0, 3e38], expected: [0, 0, 0, 3e38] },
      { name: 'exp', operation: exp, at: [-200, -110, 0, 200], expected: [0, 0, 1, Number.POSITIVE_INFINITY] },
    ];
    for (const { name, operation, at, expected } of unary) {
      test(`${name} of ${at.join(', ')}`, async () => {
        const x = tensor(at, [4]);
        const y = operation(x);
        const values = await read(y);
        expected.forEach((value, i) => {
          if (Number.isFinite(value)) expect(Math.abs(values[i] - value)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(value)));
          else expect(values[i]).toBe(value);
        });
        dispose([x, y]);
      });
    }

    test('softmax and logSoftmax of rows around 1000 and -1000', async () => {
      const x = tensor([1000, 1001, -1000, -1001], [2, 2]);
      const y = softmax(x);
      const z = logSoftmax(x);
      const low = 1 / (1 + Math.E);
      expectClose(await read(y), [low, 1 - low, 1 - low, low], 2e-6, 'float32 exp');
      expectClose(await read(z), [Math.log(low), Math.log(1 - low), Math.log(1 - low), Math.log(low)], 2e-6, 'float32 log');
      dispose([x, y, z]);
    });

    test('attention with logits of 1e4 picks the best position', async () => {
      const qkv = tensor([100, 100, 1, 100, -100, 2], [1, 2, 3]);
      const y = attention(qkv, { heads: 1 });
      expectClose(await read(y), [1, 1], 1e-6, 'one weight is 1, the other underflows');
      dispose([qkv, y]);
    });

    test('a copy keeps its values, infinities included, and shares no memory', async () => {
      const x = tensor([1, -2.5, Number.POSITIVE_INFINITY, 1e-38], [4]);
      const y = clone(x);
      expect(y.dataId).not.toBe(x.dataId);
      dispose(x);
      expect(await read(y)).toEqual(Float32Array.of(1, -2.5, Number.POSITIVE_INFINITY, 1e-38));
      const filled = fill([3], -7);
      expect(await read(filled)).toEqual(Float32Array.of(-7, -7, -7));
      dispose([y, filled]);
    });
  });
}
