import { toBytes } from '@tract/images';

/** Images [count,size,size,channels] about in [-1, 1], channels 1 or 3. */
export type Pictures = { readonly values: Float32Array; readonly count: number; readonly size: number; readonly channels: number };

const gap = 2;

/** Lay the images out in a square of rows; pixel for pixel, the style sheet makes them large. */
export function paint(canvas: HTMLCanvasElement, { values, count, size, channels }: Pictures): void {
  const columns = Math.ceil(Math.sqrt(count));
  const rows = Math.ceil(count / columns);
  const [width, height] = [columns, rows].map((n) => n * (size + gap) - gap);
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d')!;
  const bytes = toBytes(values);
  const picture = context.createImageData(width, height);
  for (let i = 0; i < count * size * size; i++) {
    const [image, place] = [Math.floor(i / (size * size)), i % (size * size)];
    const y = Math.floor(image / columns) * (size + gap) + Math.floor(place / size);
    const x = (image % columns) * (size + gap) + (place % size);
    for (let c = 0; c < 3; c++) picture.data[(y * width + x) * 4 + c] = bytes[i * channels + Math.min(c, channels - 1)];
    picture.data[(y * width + x) * 4 + 3] = 255;
  }
  context.putImageData(picture, 0, 0);
}
