import { Command } from 'commander';
import { checkUNetConfig, type UNetConfig } from '@tract/unet';
import { startBackend } from '../backend.js';
import { benchStep } from '../bench-step.js';
import { type ComputeOptions, computeCommand } from '../common-options.js';
import { usageError } from '../errors.js';
import { type Io, report } from '../io.js';
import { integerList, optionalIntegerList, quantity, withCommas } from '../quantity.js';

type Options = ComputeOptions & {
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

export const benchCommand = (io: Io): Command =>
  new Command('bench').description('Measures speed and memory.').addCommand(
    computeCommand('step', 'Images a second of a forward pass, a training step and a whole TRACT step; peak memory.')
      .option('--channels <n>', 'channels of the first level', quantity, 32)
      .option('--mult <list>', 'multiples of them, one for each level', integerList, [1, 2, 2])
      .option('--blocks <n>', 'residual blocks of a level', quantity, 1)
      .option('--attn <list>', 'resolutions with attention', optionalIntegerList, [7])
      .option('--res <n>', 'side of the images', quantity, 28)
      .option('--in <n>', 'channels of the images', quantity, 1)
      .option('--batch <n>', 'images of a step', quantity, 64)
      .option('--runs <n>', 'timed runs, of which the median counts', quantity, 5)
      .option('--json', 'print one JSON value')
      .addHelpText('after', '\nExample:\n  tract bench step --channels 32 --mult 1,2,2 --batch 64 --threads 2 --json')
      .action((options: Options) => bench(io, options)),
  );

/** The U-Net of the paper in the size asked for: embedding four times as wide as the first level, one attention head. */
const networkOf = (options: Options): UNetConfig => ({
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
});

async function bench(io: Io, options: Options): Promise<void> {
  const network = networkOf(options);
  try {
    checkUNetConfig(network);
  } catch (error) {
    throw usageError((error as Error).message);
  }
  const backend = await startBackend(io, options);
  const result = await benchStep({ network, batch: options.batch, runs: options.runs }, (part) => {
    if (!options.silent) io.err(`measuring ${part} on ${backend.name}\n`);
  });
  const { params, forward, train, tract, peakRssMB } = result;
  report(io, options.json === true, { backend: backend.name, threads: backend.threads, ...result }, [
    `${withCommas(params)} parameters on ${backend.name}, batch ${options.batch}`,
    `forward ${forward} images/s`,
    `train   ${train} images/s`,
    `tract   ${tract} images/s`,
    `peak    ${peakRssMB} MB`,
  ]);
}
