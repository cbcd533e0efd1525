import { expect, test } from 'vitest';
import { cardOf } from './card-of.js';

test('ranks of a host take the cards in turn, of those that they may see', () => {
  expect([0, 1, 2, 3].map((localRank) => cardOf(localRank, '2, GPU-8f,5'))).toEqual(['2', 'GPU-8f', '5', '2']);
  expect(cardOf(3, '7')).toBe('7');
  expect(cardOf(0, '')).toBeUndefined();
});
