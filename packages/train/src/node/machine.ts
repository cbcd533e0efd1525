import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';

/** The machine that computes, as reports name it. */
export type Machine = {
  /** Version of Node. */
  readonly node: string;
  readonly platform: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
};

export const machine = (): Machine => ({
  node: process.version,
  platform: `${platform()} ${release()} ${arch()}`,
  processor: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  memoryBytes: totalmem(),
});
