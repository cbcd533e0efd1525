import type { PerImage } from './vector-space.js';

/** Statistics of each of `images` equal runs of a flat array, in float64. */
export function imageStatistics(images: number): PerImage<Float32Array> {
  const parts = (x: Float32Array) => {
    const each = x.length / images;
    if (!Number.isInteger(each)) throw new RangeError(`perImage: ${x.length} elements do not divide among ${images} images`);
    return Array.from({ length: images }, (_, image) => x.subarray(image * each, (image + 1) * each));
  };
  const sum = (x: Float32Array, of: (value: number, i: number) => number) => x.reduce((total, value, i) => total + of(value, i), 0);
  return {
    dot(x, y) {
      const others = parts(y);
      return parts(x).map((part, image) => sum(part, (value, i) => value * others[image][i]));
    },
    deviation: (x) =>
      parts(x).map((part) => {
        const mean = sum(part, (value) => value) / part.length;
        return Math.sqrt(sum(part, (value) => (value - mean) ** 2) / part.length);
      }),
    absQuantile: (x, part) =>
      parts(x).map((image) => {
        const sorted = image.map(Math.abs).sort();
        const at = part * (sorted.length - 1);
        const low = Math.floor(at);
        return sorted[low] + (at - low) * (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]);
      }),
    scale(x, factors) {
      const scaled = new Float32Array(x.length);
      parts(x).forEach((part, image) => {
        for (let i = 0; i < part.length; i++) scaled[image * part.length + i] = part[i] * factors[image];
      });
      return scaled;
    },
  };
}
