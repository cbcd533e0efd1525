import type { BadSample, SetFingerprint } from '@tract/data';
import type { Tensor, Tree, ValueAndGrads } from '@tract/tensor';
import type { BatchParts } from './batch-parts.js';
import type { Checkpoint, CheckpointContent } from './checkpoint.js';
import type { RunConfig } from './run-config.js';
import type { FileContent } from './run-files.js';

/**
 * A training that resumes to the bit: what update number i does is a function of i, of the trees and counters of the session, and of nothing
 * else. `B` is a batch, `P` the tree of parameters that gradients have the form of.
 */
export type TrainTask<B = unknown, P = unknown> = {
  /** Settings that make this run what it is; on resume they are compared with those it was begun with. */
  readonly config: RunConfig;
  /** Settings that a run can never change, by their first names; see `OpenOptions`. Default: none. */
  readonly fixed?: readonly string[];
  /** Training images of an update. */
  readonly batch: number;
  /** Updates of the whole run. */
  readonly totalSteps: number;
  /** Updates between two commits. */
  readonly commitEvery: number;
  /** Begin from the start, or from a checkpoint of the same task. The caller closes the session. */
  readonly init: (from?: Checkpoint) => Promise<TrainSession<B, P>>;
};

/** Numbers of an update that the log shows beside its loss. */
export type Metrics = Readonly<Record<string, number | string>>;

/** Result of an update: two scalars for the caller to read and dispose (the norm is that before clipping), and numbers for the log. */
export type StepResult = { readonly loss: Tensor; readonly gradNorm: Tensor; readonly metrics: Metrics };

/**
 * A task with its state in memory. An update is `apply` of `gradients`; between the two, processes that share a batch may sum their gradients.
 * Neither reads back from the backend.
 */
export type TrainSession<B, P> = {
  /** Load the batch of update `step` (from 0); each is asked for once, in order. */
  readonly load: (step: number) => Promise<B>;
  /**
   * Compute loss and gradients of update `step`. Consumes the batch, leaves parameters and moments as they are. The caller owns the result: that of
   * the last part, whose listener is told of ranges that cover the gradients once, each when it is final, perhaps while others are computed; see `valueAndGrad`.
   */
  readonly gradients: (step: number, batch: B, parts?: BatchParts<P>) => ValueAndGrads<P>;
  /** Move parameters and averages by the gradients of update `step`, which it consumes. */
  readonly apply: (step: number, gradients: ValueAndGrads<P>) => StepResult;
  /** Trees that a checkpoint keeps, and nothing else that has to be kept but the counters. */
  readonly trees: () => Tree<Tensor>;
  readonly counters: () => Readonly<Record<string, number>>;
  /** Images that were passed over so far because they cannot be read. Default: none. */
  readonly badSamples?: () => readonly BadSample[];
  /** The set that the images are from: a run that goes on must have the same. Default: it is not compared. */
  readonly data?: SetFingerprint;
  /** Folders of files that are written before the checkpoint, by name, such as the model in its present state. Default: none. */
  readonly artifacts?: (content: CheckpointContent) => ReadonlyMap<string, ReadonlyMap<string, FileContent>>;
  /** Dispose all tensors and close the data. */
  readonly close: () => Promise<void>;
};
