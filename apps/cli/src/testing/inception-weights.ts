import type { NamedArray } from '@tract/checkpoint';
import { INCEPTION_CLASSES, INCEPTION_FEATURES, inceptionConvolutions } from '@tract/metrics';

/** Weights of the Inception network that keep its values near 1: filters by a formula, batch normalisation that changes little. Made, not trained. */
export function madeInceptionWeights(): Map<string, NamedArray> {
  const arrays = new Map<string, NamedArray>();
  const put = (name: string, shape: number[], value: (i: number) => number) => {
    const count = shape.reduce((product, size) => product * size, 1);
    arrays.set(name, { dtype: 'F32', shape, data: Float32Array.from({ length: count }, (_, i) => value(i)) });
  };
  const wave = (i: number) => 2 * ((i * 0.6180339887498949) % 1) - 1;
  for (const [name, { size, inputs, outputs }] of Object.entries(inceptionConvolutions)) {
    const bound = Math.sqrt(6 / (inputs * size[0] * size[1]));
    put(`${name}.conv.weight`, [outputs, inputs, ...size], (i) => bound * wave(i));
    put(`${name}.bn.weight`, [outputs], () => 1);
    put(`${name}.bn.bias`, [outputs], (i) => wave(i) / 10);
    put(`${name}.bn.running_mean`, [outputs], () => 0);
    put(`${name}.bn.running_var`, [outputs], () => 1);
  }
  put('fc.weight', [INCEPTION_CLASSES, INCEPTION_FEATURES], (i) => wave(i) / 20);
  put('fc.bias', [INCEPTION_CLASSES], (i) => wave(i) / 10);
  return arrays;
}
