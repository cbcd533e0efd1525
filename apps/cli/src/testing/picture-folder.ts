import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';

/** Write a folder of `count` grey PNG files of 28x28, all different; those with the numbers `damaged` are cut off. */
export function writePictures(folder: string, count: number, damaged: readonly number[] = []): string {
  mkdirSync(folder, { recursive: true });
  for (let i = 0; i < count; i++) {
    const data = Uint8Array.from({ length: 784 }, (_, p) => (i * 61 + p * (1 + (i % 7))) % 256);
    const bytes = encode({ width: 28, height: 28, channels: 1, data });
    writeFileSync(join(folder, `${String(i).padStart(4, '0')}.png`), damaged.includes(i) ? bytes.subarray(0, -30) : bytes);
  }
  return folder;
}
