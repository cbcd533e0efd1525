import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomInts } from '@tract/tensor';

const big32 = (value: number): number[] => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];

/** An idx file of unsigned bytes. */
const idx = (shape: readonly number[], data: Uint8Array): Uint8Array =>
  Uint8Array.from([0, 0, 8, shape.length, ...shape.flatMap(big32), ...data]);

/** `count` images of 28x28 with a bright bar at a random place each. */
function bars(count: number, seed: number): Uint8Array {
  const images = new Uint8Array(count * 784);
  const places = randomInts({ seed }, count * 2, 20);
  for (let i = 0; i < count; i++) {
    const [left, top] = [places[2 * i], places[2 * i + 1]];
    for (let y = top; y < top + 8; y++) images.fill(255, i * 784 + y * 28 + left, i * 784 + y * 28 + left + 3);
  }
  return images;
}

/** Write a data set in the files of MNIST, quick to load: what TRACT_MNIST may name. */
export function writeTinyDigits(folder: string, count = 64): string {
  mkdirSync(folder, { recursive: true });
  for (const [seed, prefix] of ['train', 't10k'].entries()) {
    writeFileSync(join(folder, `${prefix}-images-idx3-ubyte`), idx([count, 28, 28], bars(count, seed)));
    writeFileSync(join(folder, `${prefix}-labels-idx1-ubyte`), idx([count], new Uint8Array(count)));
  }
  return folder;
}
