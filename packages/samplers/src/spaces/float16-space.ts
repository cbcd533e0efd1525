import { combineFloats } from '../combine-floats.js';
import { type ArraySpaceOptions, float32SpaceWith, kindFault, lengthFault, requireArrays } from '../float32-space.js';
import type { VectorSpace } from '../vector-space.js';
import { fromHalf, toHalf } from './half.js';

/**
 * The space of half-precision bits in Uint16Arrays, as onnxruntime and WebGPU take them; sums are made in float64 and rounded once, ties to even.
 * A Float16Array `x` is one by `new Uint16Array(x.buffer, x.byteOffset, x.length)`.
 */
export function float16SpaceWith(options: ArraySpaceOptions = {}): VectorSpace<Uint16Array> {
  const floats = float32SpaceWith(options);
  const { perImage } = floats;
  return {
    combine(terms) {
      requireArrays(
        'float16Space',
        'Uint16Array',
        terms.map(([, vector]) => vector),
      );
      const wide = terms.map(([coefficient, vector]) => [coefficient, Float64Array.from(fromHalf(vector))] as const);
      return toHalf(combineFloats(new Float64Array(terms[0][1].length), wide));
    },
    clamp: (x, low, high) => toHalf(floats.clamp(fromHalf(x), low, high)),
    noise: (like, index, span) => toHalf(floats.noise(new Float32Array(like.length), index, span)),
    fault: (x, like) => kindFault('Uint16Array', x) ?? lengthFault(x as Uint16Array, like) ?? floats.fault?.(fromHalf(x as Uint16Array)),
    multiply: (x, y) => toHalf(fromHalf(x).map((value, i) => value * fromHalf(y.subarray(i, i + 1))[0])),
    perImage: perImage && {
      dot: (x, y) => perImage.dot(fromHalf(x), fromHalf(y)),
      deviation: (x) => perImage.deviation(fromHalf(x)),
      absQuantile: (x, part) => perImage.absQuantile(fromHalf(x), part),
      scale: (x, factors) => toHalf(perImage.scale(fromHalf(x), factors)),
    },
  };
}
