import { describe, expect, test } from 'vitest';
import { BufferPool } from './buffer-pool.js';

const makePool = (): BufferPool => new BufferPool((bytes) => new ArrayBuffer(bytes));

describe('BufferPool', () => {
  test('where none of its size is idle, gives the smallest that is at most twice as large', () => {
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
    expect(pool.statistics()).toMatchObject({ idleBuffers: 0, idleBytes: 0, peakBytes: 192 });
    turn(256);
    for (let i = 0; i < 60_000; i++) turn(64);
    expect(pool.statistics()).toMatchObject({ idleBuffers: 1, idleBytes: 64 });
  });
});
