import type { DataId, DataMover, KernelBackend } from '@tensorflow/tfjs-core';
import { DataStorage } from '@tract/tensor/core';

/**
 * The stock storage of what a backend knows of its tensors, but with the record lying in the data's handle instead of in a WeakMap: an
 * operation looks into it some ten times, which through a WeakMap takes longer than many a kernel for a small batch.
 */
export class DataRecords<T> extends DataStorage<T> {
  // Of its own, because a handle may have been moved here from another backend.
  private readonly key = Symbol('record');
  private count = 0;

  constructor(
    private readonly owner: KernelBackend,
    private readonly mover: DataMover,
  ) {
    super(owner, mover);
  }

  override get(dataId: DataId): T {
    const known = this.peek(dataId);
    if (known !== undefined) return known;
    this.mover.moveData(this.owner, dataId);
    return this.peek(dataId)!;
  }

  override set(dataId: DataId, record: T): void {
    this.count++;
    (dataId as Handle<T>)[this.key] = record;
  }

  override has(dataId: DataId): boolean {
    return this.peek(dataId) !== undefined;
  }

  override delete(dataId: DataId): boolean {
    if (!this.has(dataId)) return false;
    this.count--;
    (dataId as Handle<T>)[this.key] = undefined;
    return true;
  }

  override numDataIds(): number {
    return this.count;
  }

  /** Return the record; undefined for what is not here. Nothing is moved. */
  peek(dataId: DataId): T | undefined {
    return (dataId as Handle<T>)[this.key];
  }
}

type Handle<T> = Record<symbol, T | undefined>;
