import { expect, test } from 'vitest';
import { planSegments } from './segments.js';

test('leaves lie one after the other at multiples of a step, in a new buffer where one is full', () => {
  expect(planSegments([8, 300, 256, 4, 1000, 2000, 4], 1024, 256)).toEqual({
    places: [
      { segment: 0, offset: 0 },
      { segment: 0, offset: 256 },
      { segment: 0, offset: 768 },
      { segment: 1, offset: 0 },
      { segment: 2, offset: 0 },
      { segment: 3, offset: 0 },
      { segment: 4, offset: 0 },
    ],
    sizes: [1024, 4, 1000, 2000, 4],
  });
  expect(planSegments([], 1024, 256)).toEqual({ places: [], sizes: [] });
});
