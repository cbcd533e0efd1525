import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';

/** The machine that computes, as reports name it. */
export type Machine = {
  /** Version of Node; under Bun and Deno, of the Node that they stand for. */
  readonly node: string;
  /** What runs JavaScript, and its version: node, bun or deno. */
  readonly runtime: string;
  readonly platform: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
};

const runtime = (): string => {
  const { bun, deno, node } = process.versions;
  return bun ? `bun ${bun}` : deno ? `deno ${deno}` : `node ${node}`;
};

export const machine = (): Machine => ({
  node: process.version,
  runtime: runtime(),
  platform: `${platform()} ${release()} ${arch()}`,
  processor: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  memoryBytes: totalmem(),
});
