import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BufferPool, type Memory } from './buffer-pool.js';

// Parts are told by where they lie; no test reads them.
const places = new WeakMap<ArrayBuffer, { readonly of: ArrayBuffer; readonly offset: number }>();
const memory: Memory<ArrayBuffer> = {
  allocate: (bytes) => new ArrayBuffer(bytes),
  part: (of, offset, bytes) => {
    const buffer = new ArrayBuffer(bytes);
    places.set(buffer, { of, offset });
    return buffer;
  },
  discard: () => {},
};
const makePool = (): BufferPool<ArrayBuffer> => new BufferPool(memory);
const KB = 1024;

describe('BufferPool', () => {
  /** Place of a buffer in the memory that was allocated. */
  const place = (buffer: ArrayBuffer): { root: ArrayBuffer; offset: number } => {
    const part = places.get(buffer);
    if (part === undefined) return { root: buffer, offset: 0 };
    const { root, offset } = place(part.of);
    return { root, offset: offset + part.offset };
  };
  const taken = (pool: BufferPool<ArrayBuffer>, bytes: number): ArrayBuffer => {
    const buffer = pool.take(bytes);
    pool.retain(buffer);
    return buffer;
  };

  test('carves what is wanted out of a larger idle block, and joins neighbours that are idle', () => {
    const pool = makePool();
    const whole = taken(pool, 1024 * KB);
    pool.release(whole);
    const parts = [300, 400, 324].map((size) => taken(pool, size * KB));
    expect(parts.map((part) => place(part).root === place(whole).root)).toEqual([true, true, true]);
    expect(parts.map((part) => place(part).offset / KB)).toEqual([0, 300, 700]);
    expect(pool.statistics()).toMatchObject({ allocations: 1, usedBytes: 1024 * KB, idleBytes: 15 * 1024 * KB });
    for (const part of [parts[1], parts[0]]) pool.release(part);
    const joined = taken(pool, 700 * KB);
    expect(place(joined)).toEqual({ root: place(whole).root, offset: 0 });
    for (const part of [joined, parts[2]]) pool.release(part);
    expect(taken(pool, 1024 * KB)).toBe(whole);
  });

  test('makes no new buffer for a split that it has made before', () => {
    let made = 0;
    const part: Memory<ArrayBuffer>['part'] = (...range) => {
      made++;
      return memory.part(...range);
    };
    const pool = new BufferPool({ ...memory, part });
    pool.release(taken(pool, 1024 * KB));
    const step = (): void => {
      for (const size of [300, 500, 700]) {
        const parts = [taken(pool, size * KB), taken(pool, 200 * KB)];
        for (const part of parts) pool.release(part);
      }
    };
    step();
    const afterOne = made;
    for (let i = 0; i < 10; i++) step();
    expect(afterOne).toBeGreaterThan(0);
    expect(made).toBe(afterOne);
  });

  test('never hands the same memory out twice, and knows what it holds, whatever the order', () => {
    const sizes = fc.integer({ min: 1, max: 600 * KB });
    const steps = fc.array(
      fc.oneof(
        sizes.map((take) => ({ take })),
        fc.nat(20).map((release) => ({ release })),
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, (list) => {
        const pool = makePool();
        const used: ArrayBuffer[] = [];
        for (const step of list) {
          if ('take' in step) used.push(taken(pool, step.take));
          else if (used.length > 0) pool.release(used.splice(step.release % used.length, 1)[0]);
          const ranges = used.map((buffer) => ({ ...place(buffer), bytes: buffer.byteLength }));
          for (const [i, a] of ranges.entries()) {
            for (const b of ranges.slice(i + 1)) {
              expect(a.root !== b.root || a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset).toBe(true);
            }
          }
          expect(pool.statistics()).toMatchObject({
            usedBuffers: used.length,
            usedBytes: ranges.reduce((sum, { bytes }) => sum + bytes, 0),
          });
        }
        const { usedBytes, idleBytes } = pool.statistics();
        for (const buffer of used) pool.release(buffer);
        expect(pool.statistics().idleBytes).toBe(usedBytes + idleBytes);
        pool.trim(); // finds every arena whole
        expect(pool.statistics()).toMatchObject({ usedBuffers: 0, usedBytes: 0, idleBytes: 0 });
      }),
    );
  });

  test('where none of a small size is idle, gives the smallest that is at most twice as large', () => {
    const pool = makePool();
    const [tooLarge, large, fitting] = [2112, 2048, 1536].map((bytes) => pool.take(bytes));
    for (const buffer of [tooLarge, large, fitting]) {
      pool.retain(buffer);
      pool.release(buffer);
    }
    expect(pool.take(1024)).toBe(fitting);
    expect(pool.take(1024)).toBe(large);
    expect(pool.take(1024).byteLength).toBe(1024);
    expect(pool.statistics()).toMatchObject({ allocations: 4, usedBytes: 1536 + 2048 + 1024, idleBytes: 2112 });
  });

  test('gives a released buffer to the next request of its size, and not to a larger one', () => {
    const pool = makePool();
    const first = pool.take(1000);
    pool.retain(first);
    pool.release(first);
    expect(pool.take(2000)).not.toBe(first);
    expect(pool.take(1001)).toBe(first); // both round up to 1024
    expect(pool.statistics()).toMatchObject({ requests: 3, allocations: 2, usedBuffers: 2, usedBytes: 1024 + 2048, idleBytes: 0 });
  });

  test('keeps a buffer until its last user has left', () => {
    const pool = makePool();
    const buffer = pool.take(64);
    pool.retain(buffer);
    pool.retain(buffer);
    pool.release(buffer);
    expect(pool.usersOf(buffer)).toBe(1);
    expect(pool.take(64)).not.toBe(buffer);
    pool.release(buffer);
    expect(pool.take(64)).toBe(buffer);
  });

  test('ignores memory of others', () => {
    const pool = makePool();
    const foreign = new ArrayBuffer(64);
    pool.retain(foreign);
    pool.release(foreign);
    expect(pool.owns(foreign)).toBe(false);
    expect(pool.usersOf(foreign)).toBe(0);
    expect(pool.take(64)).not.toBe(foreign);
  });

  test('lets go of idle memory on demand, and by itself when it was not needed for long', () => {
    const pool = makePool();
    const turn = (bytes: number): void => {
      const buffer = pool.take(bytes);
      pool.retain(buffer);
      pool.release(buffer);
    };
    turn(64);
    turn(128);
    pool.trim();
    expect(pool.statistics()).toMatchObject({ idleBytes: 0, peakBytes: 128 });
    turn(256);
    for (let i = 0; i < 60_000; i++) turn(64);
    expect(pool.statistics()).toMatchObject({ idleBytes: 64 });
  });

  test('gives back what is idle before it asks for a larger piece, from which smaller ones are then cut', () => {
    const pool = makePool();
    const [small, large] = [20, 40].map((size) => {
      const buffer = taken(pool, size * 1024 * KB);
      pool.release(buffer);
      return buffer;
    });
    expect(pool.statistics()).toMatchObject({ allocations: 2, idleBytes: large.byteLength });
    const again = taken(pool, small.byteLength);
    expect(place(again).root).toBe(place(large).root);
  });

  test('takes no more than is wanted where memory is short, after it has given back what is idle', () => {
    let left = 24 * 1024 * KB; // an arena of 16 MB, and half of one
    const allocate = (bytes: number): ArrayBuffer => {
      if (bytes > left) throw new RangeError('no memory');
      left -= bytes;
      return new ArrayBuffer(bytes);
    };
    const discard = (of: ArrayBuffer, _: number, bytes: number): void => {
      if (bytes === of.byteLength) left += bytes;
    };
    const pool = new BufferPool({ ...memory, allocate, discard });
    const MB = 1024 * KB;
    const first = taken(pool, 100 * KB);
    expect(left).toBe(8 * MB);
    expect(() => taken(pool, 17 * MB)).toThrow('no memory');
    pool.release(first);
    expect(taken(pool, 20 * MB).byteLength).toBe(20 * MB);
    expect(taken(pool, 3 * MB).byteLength).toBe(3 * MB);
    expect(left).toBe(MB);
  });

  test('gives back what is idle beside what is in use', () => {
    const discarded: unknown[] = [];
    const pool = new BufferPool({ ...memory, discard: (...range) => void discarded.push(range) });
    const [first, used] = [300, 400].map((size) => taken(pool, size * KB));
    pool.release(first);
    pool.trim();
    const { root } = place(used);
    const ranges = [
      [root, 0, 300 * KB],
      [root, 700 * KB, root.byteLength - 700 * KB],
    ];
    expect(discarded).toHaveLength(2);
    expect(discarded).toEqual(expect.arrayContaining(ranges));
    expect(taken(pool, 300 * KB)).toBe(first);
  });
});
