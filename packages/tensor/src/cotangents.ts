import type { Tensor } from '@tensorflow/tfjs-core';
import { run } from './run.js';

/**
 * The gradients found so far in a reverse pass, by tensor. One gradient may stand for several tensors (an addition passes its own
 * on to both terms), so handles are counted and the data is freed with the last one.
 */
export class Cotangents {
  readonly #byTensor = new Map<number, Tensor>();
  readonly #handles = new Map<number, number>();

  has(x: Tensor): boolean {
    return this.#byTensor.has(x.id);
  }

  retain(dy: Tensor): void {
    this.#handles.set(dy.id, (this.#handles.get(dy.id) ?? 0) + 1);
  }

  release(dy: Tensor): void {
    const count = (this.#handles.get(dy.id) ?? 1) - 1;
    if (count > 0) {
      this.#handles.set(dy.id, count);
      return;
    }
    this.#handles.delete(dy.id);
    dy.dispose();
  }

  /** Add `dy` to the gradient of `x`, with a handle of its own. */
  add(x: Tensor, dy: Tensor): void {
    const before = this.#byTensor.get(x.id);
    const total = before === undefined ? dy : run('Add', { a: before, b: dy });
    this.retain(total);
    this.#byTensor.set(x.id, total);
    if (before !== undefined) this.release(before);
  }

  /** Take the gradient of `x` out together with its handle, which the caller must release. */
  take(x: Tensor): Tensor | undefined {
    const dy = this.#byTensor.get(x.id);
    this.#byTensor.delete(x.id);
    return dy;
  }

  /** Take the gradient of `x` out for good, as a tensor that nobody else refers to. */
  extract(x: Tensor): Tensor | undefined {
    const dy = this.take(x);
    if (dy === undefined) return undefined;
    if (this.#handles.get(dy.id) === 1) {
      this.#handles.delete(dy.id);
      return dy;
    }
    const own = run('Identity', { x: dy });
    this.release(dy);
    return own;
  }
}
