/** A line of a training log: where the run stood after update `step`. */
export type LogLine = {
  /** Updates done, from 1; each line is later than the one before. */
  readonly step: number;
  /** Training images seen, counted with repetition. */
  readonly images: number;
  /** Sampling steps of teacher and student in a distillation, such as `1024->32`. */
  readonly phase?: string;
  /** Mean loss over the updates since the line before. */
  readonly loss: number;
  /** Mean gradient norm before clipping over the same updates. */
  readonly gradNorm: number;
  /** Learning rate of update `step`; absent if the task does not tell it. */
  readonly learningRate?: number;
  /** Fraction of itself that the sampled average kept in update `step`, in [0, 1); lower at the start because of the bias correction. Absent if there is no average. */
  readonly emaMomentum?: number;
  /** Training images a second since the line before, checkpoints and sample grids included. */
  readonly imagesPerSecond: number;
  /** Fraction of the time of these updates spent waiting for images, in [0, 1]; absent in older runs. */
  readonly dataWait?: number;
  /** Unreadable images skipped so far; absent if none. */
  readonly badSamples?: number;
  /** Resident memory of the process; absent in pages. */
  readonly rssBytes?: number;
  /** Seconds of work, all sessions together. */
  readonly seconds: number;
  /** Time of writing: ISO 8601, UTC. */
  readonly time: string;
};

/** The numbers of a log line that have a curve, with their names in words. */
export const measures = {
  loss: 'loss',
  gradNorm: 'gradient norm',
  learningRate: 'learning rate',
  emaMomentum: 'EMA momentum',
  imagesPerSecond: 'images a second',
  dataWait: 'waiting for data',
  rssBytes: 'memory',
} as const satisfies Partial<Record<keyof LogLine, string>>;

/** A picture of samples drawn after `step` updates; `png` reads its bytes when they are needed. */
export type SampleGrid = { readonly step: number; readonly png: () => Uint8Array };

/** Everything a report shows of a training run, finished or not. */
export type RunRecord = {
  readonly name: string;
  readonly command: 'train' | 'distill';
  readonly settings: Readonly<Record<string, unknown>> & {
    /** Training images of the whole run. */
    readonly images: number;
  };
  readonly lines: readonly LogLine[];
  readonly grids: readonly SampleGrid[];
  /** Facts on the machine of its last session, by name. */
  readonly environment: Readonly<Record<string, unknown>>;
};
