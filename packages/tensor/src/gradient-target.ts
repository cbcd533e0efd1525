import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { GradientBuckets, type GradientRange } from './gradient-buckets.js';
import { type ActiveStore, copyTree, type ParamStore, storeOf, zerosLike } from './param-store.js';
import type { Tree } from './tree.js';

/** A store for the gradients of a store of parameters, of the same layout, which programs write to directly. */
export class GradientTarget<P extends Tree<Tensor> = Tree<Tensor>> {
  private readonly written: boolean[];
  private readonly buckets: GradientBuckets | undefined;
  private grads: P | undefined;

  /**
   * @param params a store.
   * @param into gradients to write over, or with `add` to add to: a store of the same layout. CONSUMED. Default: a new store.
   * @param announce function that is given each range of about `bytes` bytes once it is final, and the gradients.
   */
  constructor(
    readonly params: ActiveStore & { readonly tree: P },
    into: P | undefined,
    add: boolean,
    announce?: (range: GradientRange, grads: P) => void,
    bytes = 0,
  ) {
    const { backend, store } = params;
    this.written = store.leaves.map(() => add);
    this.buckets = announce && new GradientBuckets(store.layout, bytes, (range) => announce(range, this.grads!));
    // Memory that somebody else looks into is not written over.
    if (into !== undefined && !backend.isExclusive(storeOf(into)!.flat)) {
      this.grads = add ? copyTree(into) : undefined;
      for (const leaf of storeOf(into)!.leaves) leaf.dispose();
    } else {
      this.grads = into;
    }
  }

  private get store(): ParamStore {
    return storeOf(this.grads)!;
  }

  /** Make the store where there is none to write over. It belongs to the current scope. */
  open(): void {
    this.grads ??= zerosLike(this.params.tree);
  }

  /**
   * Have a program write gradients: here if none of its leaves has any yet, else beside them, to be added leaf by leaf. `finals` are the program's; the leaves that
   * are `completing` have no other gradients to come. `run` runs launches of the program's reverse part, by default all from `from` on.
   */
  write(
    finals: readonly (number | undefined)[],
    completing: readonly number[],
    run: (flat: TensorInfo, from?: number, to?: number) => void,
  ): void {
    const { store, written, buckets } = this;
    const { backend } = this.params;
    const leaves = [...finals.keys()].filter((i) => finals[i] !== undefined);
    const part = leaves.some((i) => written[i]) ? storeOf(zerosLike(this.params.tree))! : undefined;
    const { flat } = part ?? store;
    backend.willOverwrite(store.flat);
    const toAdd = new Set(part && leaves);
    const add = (i: number): void => {
      if (!toAdd.delete(i)) return;
      if (written[i]) backend.addInto(store.leaves[i], part!.leaves[i]);
      else backend.copyInto(store.leaves[i], part!.leaves[i]);
    };
    let from: number | undefined;
    const inTime = buckets ? completing.filter((i) => finals[i] !== undefined).sort((a, b) => finals[a]! - finals[b]!) : [];
    for (const [at, i] of inTime.entries()) {
      if (buckets!.isLast(i)) {
        run(flat, from, finals[i]);
        from = finals[i];
        inTime.slice(0, at + 1).forEach(add);
      }
      buckets!.complete(i);
    }
    run(flat, from);
    leaves.forEach(add);
    for (const leaf of part?.leaves ?? []) leaf.dispose();
    for (const i of leaves) written[i] = true;
  }

  /** Add what is left of the gradient of leaf i, zeros where there was none: it is final then. The tensor stays the caller's. */
  complete(i: number, rest: Tensor | undefined): void {
    const { store, written, buckets } = this;
    const { backend } = this.params;
    if (rest === undefined && !written[i]) backend.clear(store.leaves[i]);
    else if (rest !== undefined && written[i]) backend.addInto(store.leaves[i], rest);
    else if (rest !== undefined) backend.copyInto(store.leaves[i], rest);
    written[i] = true;
    buckets?.complete(i);
  }

  /** Return the gradients. */
  finish(): P {
    return this.grads!;
  }

  /** Free the gradients, after an error. */
  dispose(): void {
    if (this.grads !== undefined) for (const leaf of storeOf(this.grads)!.leaves) leaf.dispose();
  }
}
