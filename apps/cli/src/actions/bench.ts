import { timeSteps } from '@tract/benchmarks';
import { withCommas } from '@tract/report';
import { checkUNetConfig, type UNetConfig } from '@tract/unet';
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

/**
 * The U-Net of the paper in the size asked for: embedding four times as wide as the first level, one attention head.
 * @throws CliError (usage) when there is none of that size.
 */
export function networkOf(options: Omit<BenchOptions, 'batch'>): UNetConfig {
  const network = {
    kind: 'unet' as const,
    imageSize: options.res,
    inChannels: options.in,
    channels: options.channels,
    embChannels: 4 * options.channels,
    channelMult: options.mult,
    blocks: options.blocks,
    attentionResolutions: options.attn,
    heads: 1,
    scaleShift: true,
    resampleInBlocks: true,
    outputs: 1,
    classes: 1,
  };
  asUsage(() => checkUNetConfig(network));
  return network;
}

/** Measures the three kinds of work on a network of the size asked for. */
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
