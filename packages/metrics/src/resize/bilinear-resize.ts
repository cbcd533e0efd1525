import { checkResize, type Raster, type RasterSize } from './raster.js';

/**
 * Positions of old pixels under new ones. `half-pixel`: centres on centres, i ↦ (i + ½)·in / out - ½, as torch's `interpolate` with align_corners false and
 * no antialias. `corner`: i ↦ i·in / out, as TensorFlow 1's resize_bilinear, by which the first published FIDs were measured.
 */
export type BilinearAnchor = 'half-pixel' | 'corner';

/** Resize by linear interpolation between the two nearest pixels of each axis, also where the image shrinks. @throws RangeError for sizes that cannot be. */
export function resizeBilinear(image: Raster, to: RasterSize, anchor: BilinearAnchor): Raster<Float32Array> {
  checkResize('resizeBilinear', image, to);
  const { data, height, width, channels } = image;
  const [rows, columns] = [neighbours(height, to.height, anchor), neighbours(width, to.width, anchor)];
  const out = new Float32Array(to.height * to.width * channels);
  for (let y = 0; y < to.height; y++) {
    const [top, bottom] = [rows.lower[y] * width, rows.upper[y] * width];
    const down = rows.share[y];
    for (let x = 0; x < to.width; x++) {
      const [left, right] = [columns.lower[x], columns.upper[x]];
      const across = columns.share[x];
      const at = (y * to.width + x) * channels;
      for (let c = 0; c < channels; c++) {
        const topLeft = data[(top + left) * channels + c];
        const upper = topLeft + across * (data[(top + right) * channels + c] - topLeft);
        const bottomLeft = data[(bottom + left) * channels + c];
        const lower = bottomLeft + across * (data[(bottom + right) * channels + c] - bottomLeft);
        out[at + c] = upper + down * (lower - upper);
      }
    }
  }
  return { data: out, ...to, channels };
}

const f = Math.fround;

/** The two old pixels of each new one, and the share of the second; places in float32, as both programs work them out. */
function neighbours(from: number, to: number, anchor: BilinearAnchor) {
  const lower = new Int32Array(to);
  const upper = new Int32Array(to);
  const share = new Float32Array(to);
  const scale = f(from / to);
  for (let i = 0; i < to; i++) {
    const place = anchor === 'corner' ? f(i * scale) : Math.max(0, f(f(scale * (i + 0.5)) - 0.5));
    lower[i] = Math.min(Math.floor(place), from - 1);
    upper[i] = Math.min(lower[i] + 1, from - 1);
    share[i] = place - lower[i];
  }
  return { lower, upper, share };
}
