import { assert, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { nodesOfRanks, nodesOfShare, type PartialSum, shareOf, withLeaf } from './shares.js';

test('shares take each thing once, and none two more than another', () => {
  assert(
    property(integer({ min: 0, max: 500 }), integer({ min: 1, max: 40 }), (total, of) => {
      const shares = Array.from({ length: of }, (_, i) => shareOf(total, i, of));
      expect(shares.flatMap(({ first, count }) => Array.from({ length: count }, (_, i) => first + i))).toEqual(
        Array.from({ length: total }, (_, i) => i),
      );
      const counts = shares.map(({ count }) => count);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }),
  );
});

test('a share of powers of two is one node; three ranks of eight leaves have five', () => {
  expect(nodesOfRanks(8, 4)).toEqual([0, 0, 2, 1, 2, 4, 2, 4, 6, 3, 6, 8]);
  expect(nodesOfRanks(8, 3)).toEqual([0, 0, 2, 1, 2, 4, 1, 4, 5, 2, 5, 6, 2, 6, 8]);
  expect(nodesOfShare(8, { first: 3, count: 0 })).toEqual([]);
});

test('sums of leaf after leaf come to the nodes of the share, each the sum of its halves', () => {
  assert(
    property(integer({ min: 1, max: 64 }), integer({ min: 1, max: 9 }), (leaves, ranks) => {
      for (let rank = 0; rank < ranks; rank++) {
        const share = shareOf(leaves, rank, ranks);
        let sums: PartialSum<string>[] = [];
        for (let leaf = share.first; leaf < share.first + share.count; leaf++)
          sums = withLeaf(sums, { first: leaf, end: leaf + 1, value: `${leaf}` }, leaves, (a, b) => `(${a}+${b})`);
        expect(sums.map(({ first, end }) => ({ first, end }))).toEqual(nodesOfShare(leaves, share));
        for (const { first, end, value } of sums) expect(value).toBe(inWords(first, end));
      }
    }),
  );
});

function inWords(first: number, end: number): string {
  const middle = first + Math.floor((end - first) / 2);
  return end - first === 1 ? `${first}` : `(${inWords(first, middle)}+${inWords(middle, end)})`;
}
