import type { BadPicture, RawPicture } from './picture.js';

/** A picture of numbers of a palette: colours [red, green, blue], and the alpha of the first ones, where there is any. */
export type IndexedPicture = {
  readonly width: number;
  readonly height: number;
  readonly indices: ArrayLike<number>;
  readonly palette: readonly ArrayLike<number>[];
  readonly alpha?: Uint8Array;
};

/** Look the colours up: RGB, or RGB and alpha. A number beyond the palette is black, as libpng has it. @throws DataError from `damaged` without a palette */
export function withPalette({ width, height, indices, palette, alpha }: IndexedPicture, damaged: BadPicture): RawPicture {
  if (palette.length === 0) throw damaged('it has no palette');
  const channels = alpha ? 4 : 3;
  const pixels = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    const index = indices[i];
    for (let c = 0; c < 3; c++) pixels[i * channels + c] = palette[index]?.[c] ?? 0;
    if (alpha) pixels[i * channels + 3] = alpha[index] ?? 255;
  }
  return { width, height, channels, data: pixels };
}
