import { encode } from 'fast-png';
import { drawText, glyphHeight, textWidth } from './bitmap-font.js';
import type { Images } from './images.js';

/** Images of a grid, grey or RGB, under one heading. */
export type Block = { readonly label?: string; readonly images: Images };

type Canvas = { readonly width: number; readonly height: number; readonly channels: number; readonly data: Uint8Array };

/** Margin around images and text, in pixels of the picture. */
const gap = 4;
const paper = 24;
const ink = 235;

/** Height of a heading, with equal space above and below. */
const labelHeight = (block: Block): number => (block.label === undefined ? 0 : glyphHeight * 2 + 4 * gap);

/** Rows of a block that is laid out in `columns`. */
const rowsOf = (block: Block, columns: number): number => Math.ceil(block.images.count / columns);

function copyImage(canvas: Canvas, images: Images, index: number, left: number, top: number, zoom: number): void {
  const { height, width, channels } = images;
  for (let y = 0; y < height * zoom; y++) {
    for (let x = 0; x < width * zoom; x++) {
      const from = ((index * height + Math.floor(y / zoom)) * width + Math.floor(x / zoom)) * channels;
      const to = ((top + y) * canvas.width + left + x) * canvas.channels;
      for (let c = 0; c < canvas.channels; c++) canvas.data[to + c] = images.data[from + Math.min(c, channels - 1)];
    }
  }
}

function copyText(canvas: Canvas, text: string, left: number, top: number): void {
  drawText(text, (x, y) => {
    for (const [dx, dy] of [
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
    ]) {
      const at = ((top + 2 * y + dy) * canvas.width + left + 2 * x + dx) * canvas.channels;
      canvas.data.fill(ink, at, at + canvas.channels);
    }
  });
}

/** Columns of a grid that is about square. */
export const squareColumns = (count: number): number => Math.ceil(Math.sqrt(count));

/**
 * Lay out blocks of images of one size under each other and encode the picture as a PNG.
 * @param options `zoom`: side of the square that a pixel becomes, default 1; `text`: tEXt chunks by keyword (Latin-1).
 */
export function gridPng(
  blocks: readonly Block[],
  options: { readonly columns: number; readonly zoom?: number; readonly text?: Record<string, string> },
): Uint8Array {
  const { columns, zoom = 1 } = options;
  const { height, width, channels } = blocks[0].images;
  const cell = { width: width * zoom + gap, height: height * zoom + gap };
  const widest = Math.max(...blocks.map((block) => textWidth(block.label ?? '') * 2));
  const canvas: Canvas = {
    width: gap + Math.max(columns * cell.width, widest + gap),
    height: gap + blocks.reduce((sum, block) => sum + labelHeight(block) + rowsOf(block, columns) * cell.height + gap, 0) - gap,
    channels: channels === 1 ? 1 : 3,
    data: new Uint8Array(0),
  };
  const filled: Canvas = { ...canvas, data: new Uint8Array(canvas.width * canvas.height * canvas.channels).fill(paper) };
  let top = gap;
  for (const block of blocks) {
    if (block.label !== undefined) copyText(filled, block.label, gap, top + 2 * gap);
    top += labelHeight(block);
    for (let i = 0; i < block.images.count; i++) {
      copyImage(filled, block.images, i, gap + (i % columns) * cell.width, top + Math.floor(i / columns) * cell.height, zoom);
    }
    top += rowsOf(block, columns) * cell.height + gap;
  }
  return encode({ width: filled.width, height: filled.height, channels: filled.channels, depth: 8, data: filled.data, text: options.text });
}

/** Encode one image as a PNG, pixel for pixel. */
export function imagePng(images: Images, index: number): Uint8Array {
  const { height, width, channels } = images;
  const size = height * width * channels;
  return encode({ width, height, channels, depth: 8, data: images.data.slice(index * size, (index + 1) * size) });
}
