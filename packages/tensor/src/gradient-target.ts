import { engine, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import { type ActiveStore, copyTree, type ParamStore, storeOf, zerosLike } from './param-store.js';
import type { ProgramBackend } from './program-backend.js';
import type { Tree } from './tree.js';

/** Where the gradients of a store of parameters are collected: a store of the same layout, which programs write to directly. */
export class GradientTarget<P extends Tree<Tensor> = Tree<Tensor>> {
  private readonly written: Uint8Array;
  private grads: P | undefined;

  /**
   * @param params a store.
   * @param into gradients to write over, or with `add` to add to: a store of the same layout. CONSUMED. Default: a new store.
   */
  constructor(
    readonly params: ActiveStore & { readonly tree: P },
    into: P | undefined,
    add: boolean,
  ) {
    this.written = new Uint8Array(params.store.leaves.length).fill(add ? 1 : 0);
    const { backend } = params;
    // Memory that somebody else looks into is not written over.
    if (into !== undefined && !backend.isExclusive(storeOf(into)!.flat)) {
      this.grads = add ? copyTree(into) : undefined;
      for (const leaf of storeOf(into)!.leaves) leaf.dispose();
    } else {
      this.grads = into;
    }
  }

  private get backend(): ProgramBackend {
    return this.params.backend;
  }

  private get store(): ParamStore {
    return storeOf(this.grads)!;
  }

  /** Make the store where there is none to write over. It belongs to the current scope. */
  open(): void {
    this.grads ??= zerosLike(this.params.tree);
  }

  /** Have a program write the gradients of some leaves. Where all are there to be written, it writes them here; else they are added. */
  write(leaves: readonly boolean[], work: (flat: TensorInfo) => void): void {
    const { backend, store, written } = this;
    if (!leaves.some((is, i) => is && written[i])) {
      backend.willOverwrite(store.flat);
      work(store.flat);
    } else {
      for (const [i, is] of leaves.entries()) if (is && !written[i]) backend.clear(store.leaves[i]);
      const part = engine().makeTensorFromTensorInfo(backend.output(store.flat.shape));
      backend.clear(part);
      work(part);
      backend.addInto(store.flat, part);
      part.dispose();
    }
    for (const [i, is] of leaves.entries()) if (is) written[i] = 1;
  }

  /** Take the gradient of leaf i, or a part of it to be added. The tensor stays the caller's. */
  deliver(i: number, grad: Tensor): void {
    const { backend, store, written } = this;
    if (written[i]) backend.addInto(store.leaves[i], grad);
    else backend.copyInto(store.leaves[i], grad);
    written[i] = 1;
  }

  /** Return the gradients, zero where there were none. */
  finish(): P {
    const { store, written } = this;
    for (const [i, done] of written.entries()) if (!done) this.backend.clear(store.leaves[i]);
    return this.grads!;
  }

  /** Free the gradients, after an error. */
  dispose(): void {
    if (this.grads !== undefined) for (const leaf of storeOf(this.grads)!.leaves) leaf.dispose();
  }
}
