import { benchNetwork, timeSteps } from '@tract/benchmarks';
import { withCommas } from '@tract/report';
import type { UNetConfig } from '@tract/unet';
import { startBackend } from '../computing/backend.js';
import { asUsage } from '../errors.js';
import { type Io, report } from '../io.js';
import type { ComputeOptions } from '../options/common-options.js';

export type BenchOptions = ComputeOptions & {
  readonly channels: number;
  readonly mult: readonly number[];
  readonly blocks: number;
  readonly attn: readonly number[];
  readonly res: number;
  readonly in: number;
  readonly batch: number;
  readonly runs: number;
  readonly json?: boolean;
};

/** Return the network of the size asked for. @throws CliError (usage) for a size that none has. */
export const networkOf = ({ channels, mult, blocks, attn, res, in: inChannels }: Omit<BenchOptions, 'batch'>): UNetConfig =>
  asUsage(() => benchNetwork({ channels, channelMult: mult, blocks, attentionResolutions: attn, imageSize: res, inChannels }));

/** Measure the three kinds of work on a network of the size asked for. */
export async function bench(io: Io, options: BenchOptions): Promise<void> {
  const network = networkOf(options);
  const backend = await startBackend(io, options);
  const result = await timeSteps({ network, batch: options.batch, runs: options.runs }, (part) => {
    if (!options.silent) io.err(`measuring ${part} on ${backend.name}\n`);
  });
  const { params, forward, train, tract, peakRssMB } = result;
  report(io, options.json === true, { backend: backend.name, threads: backend.threads, device: backend.device, ...result }, [
    `${withCommas(params)} parameters on ${backend.name}, batch ${options.batch}`,
    `forward ${forward} images/s`,
    `train   ${train} images/s`,
    `tract   ${tract} images/s`,
    `peak    ${peakRssMB} MB`,
  ]);
}
