import { hashNormals, type Normals } from '../normals.js';
import type { VectorSpace } from '../vector-space.js';

/** As much of TensorFlow.js as a space needs: hand over `tf` itself. */
export type TfjsOperations<T> = {
  mul(x: T, y: T | number): T;
  add(x: T, y: T): T;
  clipByValue(x: T, low: number, high: number): T;
  tensor(values: Float32Array, shape: number[]): T;
  tidy(run: () => T): T;
};
type TfjsTensor = { readonly shape: number[]; readonly size: number; dispose(): void };

/** The space of TensorFlow.js tensors of one shape, which stay on their device between steps. Noise comes from the host. NaN is not looked for. */
export function tfjsSpace<T extends TfjsTensor>(tf: TfjsOperations<T>, normals: Normals = hashNormals(0)): VectorSpace<T> {
  return {
    combine: (terms) => tf.tidy(() => terms.map(([coefficient, x]) => tf.mul(x, coefficient)).reduce((sum, x) => tf.add(sum, x))),
    clamp: (x, low, high) => tf.clipByValue(x, low, high),
    noise: (like, index, span) => tf.tensor(Float32Array.from(normals(like.size, index, span)), like.shape),
    dispose: (x) => x.dispose(),
    fault: (x) => (Array.isArray((x as T)?.shape) ? undefined : `is no tensor but ${typeof x}`),
    multiply: (x, y) => tf.mul(x, y),
  };
}
