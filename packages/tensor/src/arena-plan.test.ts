import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Lifetime, planArena } from './arena-plan.js';

const lifetime = fc.record({
  floats: fc.integer({ min: 1, max: 500 }),
  born: fc.nat(40),
  lasts: fc.integer({ min: 1, max: 50 }),
});

test('values that are alive together never overlap, and the arena is not larger than all of them', () => {
  fc.assert(
    fc.property(fc.array(lifetime, { maxLength: 40 }), (drawn) => {
      const values: Lifetime[] = drawn.map(({ floats, born, lasts }) => ({ floats, born, dies: born + lasts }));
      const { offsets, floats } = planArena(values);
      const end = (i: number): number => offsets[i] + values[i].floats;
      for (const [i, a] of values.entries()) {
        expect(offsets[i] % 16).toBe(0);
        expect(end(i)).toBeLessThanOrEqual(floats);
        for (const [j, b] of values.entries()) {
          const together = i !== j && a.born < b.dies && b.born < a.dies;
          if (together) expect(end(i) <= offsets[j] || end(j) <= offsets[i]).toBe(true);
        }
      }
      expect(floats).toBeLessThanOrEqual(values.reduce((sum, value) => sum + Math.ceil(value.floats / 16) * 16, 0));
    }),
  );
});

test('a chain in which each value is needed for the next one only takes the memory of two', () => {
  const chain = Array.from({ length: 10 }, (_, i) => ({ floats: 160, born: i, dies: i + 2 }));
  expect(planArena(chain).floats).toBe(320);
});
