import { decode } from 'fast-png';
import { expect, test } from 'vitest';
import { gridPng, imagePng, squareColumns } from './image-grid.js';

const images = { data: Uint8Array.from({ length: 3 * 2 * 2 }, (_, i) => 100 + i), count: 3, height: 2, width: 2, channels: 1 };

test('a grid holds each image at its row and column, each pixel a square of zoom pixels, four pixels apart', () => {
  const zoom = 2;
  const { width, height, channels, data, text } = decode(gridPng([{ images }], { columns: 2, zoom, text: { Software: 'test' } }));
  expect([width, height, channels, text]).toEqual([4 + 2 * 8, 4 + 2 * 8, 1, { Software: 'test' }]);
  const paper = data[0];
  const expected = Array.from({ length: width * height }, (_, at) => {
    const [x, y] = [(at % width) - 4, Math.floor(at / width) - 4];
    const index = 2 * Math.floor(y / 8) + Math.floor(x / 8);
    const isInside = x >= 0 && y >= 0 && x % 8 < 4 && y % 8 < 4 && index < 3;
    return isInside ? images.data[index * 4 + 2 * Math.floor((y % 8) / zoom) + Math.floor((x % 8) / zoom)] : paper;
  });
  expect([...data]).toEqual(expected);
});

test('a heading moves its block down', () => {
  const plain = decode(gridPng([{ images }], { columns: 3 }));
  const labelled = decode(gridPng([{ label: 'A', images }], { columns: 3 }));
  const moved = labelled.height - plain.height;
  expect(moved).toBe(7 * 2 + 4 * 4);
  expect([...labelled.data.slice((4 + moved) * labelled.width)]).toEqual([...plain.data.slice(4 * plain.width)]);
});

test('an image alone is its pixels', () => {
  expect([...decode(imagePng(images, 1)).data]).toEqual([104, 105, 106, 107]);
  expect([1, 4, 5, 36].map(squareColumns)).toEqual([1, 2, 3, 6]);
});
