import { availableParallelism, cpus, loadavg, totalmem, type } from 'node:os';

/** Describe the machine that figures were taken on. */
export const machine = () => ({
  processor: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  memoryGB: Math.round(totalmem() / 2 ** 30),
  system: `${type()} ${process.arch}`,
  node: process.versions.node,
  /** Processes that wanted to run in the last minute, before the measurement began. */
  load: Number(loadavg()[0].toFixed(2)),
});

/** A sentence for figures that were taken beside other work; undefined on an idle machine. */
export const busyWarning = ({ load }) =>
  load > 0.5 ? `the machine was busy when this began (load ${load}): the figures are worth less than on an idle one` : undefined;
