import type { Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { valueAndGrad } from '../gradient.js';
import { randomNormals } from '../noise.js';
import { dispose, scope } from '../scope.js';
import { read, readScalar, tensor } from '../tensor.js';
import { leaves, type Tree, treeFromLeaves } from '../tree.js';
import { dot } from './reference/array64.js';

export type GradientCheckOptions = {
  /** Random directions to try; 3 by default. */
  readonly directions?: number;
  /** Half the distance of the two points of the difference, along a direction of standard normals; 1e-2 by default. */
  readonly step?: number;
  /**
   * Largest allowed difference, relative to the slope expected of a random direction, which is the norm of the gradient; 5e-3 by
   * default: float32 cancellation of about 1e-7·|loss|/step, and the curvature over the step.
   */
  readonly tolerance?: number;
  /** 0 by default. */
  readonly seed?: number;
};

/** The parameters moved along a direction, as fresh tensors. */
function moved<P extends Tree<Tensor>>(params: P, values: readonly Float32Array[], along: readonly Float32Array[], step: number): P {
  const entries = leaves(params).map(
    ([path, leaf], i) =>
      [
        path,
        tensor(
          values[i].map((v, j) => v + step * along[i][j]),
          leaf.shape,
        ),
      ] as const,
  );
  return treeFromLeaves(entries, params);
}

/**
 * Assert that the gradients of a scalar loss agree with its own central differences along random directions, on the active backend
 * in float32. For operations use the conformance suite, which differs float64 references and is a thousand times sharper; this one is
 * for layers and whole losses.
 */
export async function checkGradient<P extends Tree<Tensor>>(
  loss: (params: P) => Tensor,
  params: P,
  { directions = 3, step = 1e-2, tolerance = 5e-3, seed = 0 }: GradientCheckOptions = {},
): Promise<void> {
  const values = await Promise.all(leaves(params).map(([, leaf]) => read(leaf)));
  const { value, grads } = valueAndGrad(loss, params);
  const slopes = await Promise.all(leaves(grads).map(([, leaf]) => read(leaf)));
  dispose([value, grads]);
  const norm = Math.sqrt(slopes.reduce((total, slope) => total + dot(slope, slope), 0));
  for (let direction = 0; direction < directions; direction++) {
    const along = values.map((v, i) => randomNormals({ seed, stream: i, step: direction }, v.length));
    const expected = (await evaluate(1)) - (await evaluate(-1));
    const actual = slopes.reduce((total, slope, i) => total + dot(slope, along[i]), 0);
    const error = Math.abs(actual - expected / (2 * step)) / Math.max(norm, 1e-30);
    expect(error, `slope ${actual} against difference ${expected / (2 * step)} along direction ${direction}`).toBeLessThan(tolerance);

    async function evaluate(sign: number): Promise<number> {
      const at = scope(() => loss(moved(params, values, along, sign * step)));
      const result = await readScalar(at);
      dispose(at);
      return result;
    }
  }
}
