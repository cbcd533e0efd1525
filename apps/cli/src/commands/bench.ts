import { Command, Option } from 'commander';
import type { BenchOptions } from '../actions/bench.js';
import type { SweepOptions } from '../actions/bench-sweep.js';
import type { Io } from '../io.js';
import { examples, withComputing } from '../options/common-options.js';
import { integerList, optionalIntegerList, quantity } from '../options/quantity.js';

const shapes = examples(
  'tract bench step --batch 64 --threads 2 --json',
  'tract bench step --channels 64 --mult 1,2,2,2 --res 32 --in 3 --attn 16,8',
  'tract bench sweep --batches 8,64 --threads 2',
  'tract bench ops --batch 64 --threads 2',
);

export const benchCommand = (io: Io): Command =>
  new Command('bench').addHelpText('after', shapes).addCommand(stepCommand(io)).addCommand(sweepCommand(io)).addCommand(opsCommand(io));

const stepCommand = (io: Io): Command =>
  networkCommand('step', 'Images/s of a forward pass, a training step and a TRACT step; peak MB.')
    .addOption(batchOption())
    .action(async (options: BenchOptions) => (await import('../actions/bench.js')).bench(io, options));

const sweepCommand = (io: Io): Command =>
  networkCommand('sweep', 'Images/s of a forward pass and a TRACT step by batch size, all sizes in turn.')
    .addOption(
      new Option('--batches <list>', 'images of a step, each size in turn')
        .argParser(integerList)
        .default([1, 2, 4, 8, 16, 32, 64, 128, 256], '1,2,4,...,256'),
    )
    .action(async (options: SweepOptions) => (await import('../actions/bench-sweep.js')).reportSweep(io, options));

const opsCommand = (io: Io): Command =>
  networkCommand('ops', "Time, GFLOP/s and GB/s of each kernel of a TRACT step, and the machine's peaks.")
    .addOption(batchOption())
    .action(async (options: BenchOptions) => (await import('../actions/bench-ops.js')).reportOps(io, options));

const batchOption = (): Option => new Option('--batch <n>', 'images of a step').argParser(quantity).default(64);

const networkCommand = (name: string, description: string): Command =>
  withComputing(
    new Command(name)
      .description(description)
      .option('--channels <n>', 'channels of the first level', quantity, 32)
      .addOption(new Option('--mult <list>', 'multiples of them, one a level').argParser(integerList).default([1, 2, 2], '1,2,2'))
      .option('--blocks <n>', 'residual blocks of a level', quantity, 1)
      .addOption(new Option('--attn <list>', 'resolutions with attention, or ""').argParser(optionalIntegerList).default([7], '7'))
      .option('--res <n>', 'side of the images, in pixels', quantity, 28)
      .option('--in <n>', 'channels of the images', quantity, 1)
      .option('--runs <n>', 'timed runs, of which the median counts', quantity, 5)
      .option('--json', 'print one JSON value'),
  ).addHelpText('after', shapes);
