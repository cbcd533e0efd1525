import process from 'node:process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { philox } from './counter-random.js';
import { batchAt, epochOrder } from './epoch-order.js';

const upTo = (count: number) => Uint32Array.from({ length: count }, (_, i) => i);

test('Philox4x32-10 gives the published known answers', () => {
  const ones = 0xffffffff;
  expect(philox([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  expect(philox([ones, ones, ones, ones], [ones, ones])).toEqual([0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
  expect(philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toEqual([
    0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
  ]);
});

describe('an epoch', () => {
  test('holds every image exactly once', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), fc.nat(1000), fc.nat(500), (seed, epoch, count) => {
        expect(epochOrder(seed, epoch, count).sort()).toEqual(upTo(count));
      }),
    );
    expect(epochOrder(2 ** 40 + 1, 3, 60_000).sort()).toEqual(upTo(60_000));
  });

  test('is a function of seed and epoch, both in full', () => {
    const order = epochOrder(5, 2, 1000);
    expect(epochOrder(5, 2, 1000)).toEqual(order);
    for (const [seed, epoch] of [
      [6, 2],
      [5, 3],
      [5 + 2 ** 32, 2],
      [5, 2 + 2 ** 32],
      [2, 5],
    ])
      expect(epochOrder(seed, epoch, 1000)).not.toEqual(order);
  });

  test('is shuffled without a preference: each of the 24 orders of 4 comes equally often', () => {
    const times = new Map<string, number>();
    for (let epoch = 0; epoch < 24_000; epoch++) {
      const key = epochOrder(1, epoch, 4).join();
      times.set(key, (times.get(key) ?? 0) + 1);
    }
    // Chi-squared with 23 degrees of freedom exceeds 49.7 once in a thousand seeds; this one is fixed.
    const chiSquared = [...times.values()].reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0);
    expect(times.size).toBe(24);
    expect(chiSquared).toBeLessThan(49.7);
  });

  test('of no or one image', () => {
    expect(epochOrder(0, 0, 0)).toEqual(new Uint32Array(0));
    expect(epochOrder(0, 0, 1)).toEqual(Uint32Array.of(0));
  });
});

describe('batches', () => {
  test('laid end to end are the epochs laid end to end', () => {
    fc.assert(
      fc.property(fc.nat(99), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 100 }), (seed, count, batchSize) => {
        const steps = Math.ceil((3 * count) / batchSize);
        const batches = Array.from({ length: steps }, (_, step) => [...batchAt(seed, count, batchSize, step)]).flat();
        const epochs = Array.from({ length: Math.ceil(batches.length / count) }, (_, epoch) => [...epochOrder(seed, epoch, count)]).flat();
        expect(batches).toEqual(epochs.slice(0, batches.length));
      }),
    );
  });

  test('do not depend on what was asked before, and are the caller’s to change', () => {
    const first = batchAt(7, 50, 16, 9);
    batchAt(8, 50, 16, 9);
    batchAt(7, 50, 16, 1_000_000).fill(0);
    expect(batchAt(7, 50, 16, 9)).toEqual(first);
    batchAt(7, 50, 16, 9).fill(0);
    expect(batchAt(7, 50, 16, 9)).toEqual(first);
  });

  test('of a whole epoch of MNIST are cheap', () => {
    const started = process.cpuUsage();
    for (let step = 0; step < 469; step++) batchAt(0, 60_000, 128, step);
    expect(process.cpuUsage(started).user).toBeLessThan(3e6);
  });
});

test('numbers that make no sense are refused by name', () => {
  expect(() => epochOrder(-1, 0, 5)).toThrow('epochOrder: seed must be an integer from 0');
  expect(() => epochOrder(0, 0.5, 5)).toThrow('epochOrder: epoch');
  expect(() => epochOrder(0, 0, 2 ** 32)).toThrow('epochOrder: count');
  expect(() => batchAt(0, 0, 1, 0)).toThrow('batchAt: count must be an integer from 1');
  expect(() => batchAt(0, 5, 0, 0)).toThrow('batchAt: batchSize');
  expect(() => batchAt(0, 5, 1, Number.NaN)).toThrow('batchAt: step');
  expect(() => batchAt(0, 5, 8, 2 ** 52)).toThrow('batchAt: step · batchSize');
});
