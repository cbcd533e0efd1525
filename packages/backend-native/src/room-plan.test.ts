import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Lifetime, planRoom } from './room-plan.js';

const lifetime = fc.record({
  floats: fc.integer({ min: 1, max: 500 }),
  born: fc.nat(40),
  lasts: fc.option(fc.integer({ min: 1, max: 10 })),
});

test('what is needed at the same time never overlaps, and the room is not larger than all of it', () => {
  fc.assert(
    fc.property(fc.array(lifetime, { maxLength: 40 }), (drawn) => {
      const all: Lifetime[] = drawn.map(({ floats, born, lasts }) => ({ floats, born, dies: lasts === null ? undefined : born + lasts }));
      const { offsets, total } = planRoom(all);
      const end = (item: Lifetime): number => offsets.get(item)! + item.floats;
      for (const a of all) {
        expect(offsets.get(a)! % 16).toBe(0);
        expect(end(a)).toBeLessThanOrEqual(total);
        for (const b of all) {
          const together = a !== b && a.born < (b.dies ?? Infinity) && b.born < (a.dies ?? Infinity);
          if (together) expect(end(a) <= offsets.get(b)! || end(b) <= offsets.get(a)!).toBe(true);
        }
      }
      expect(total).toBeLessThanOrEqual(all.reduce((sum, { floats }) => sum + Math.ceil(floats / 16) * 16, 0));
    }),
  );
});

test('a chain in which each is needed for the next one only takes the room of two', () => {
  const chain = Array.from({ length: 10 }, (_, i) => ({ floats: 160, born: i, dies: i + 2 }));
  expect(planRoom(chain).total).toBe(320);
});
