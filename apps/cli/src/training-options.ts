import { type Command, Option } from 'commander';
import { checkSet, setHelp } from './data-sets.js';
import { lossWeightNames } from './loss-weight.js';
import { fraction, positiveNumber, quantity, wholeNumber } from './quantity.js';

/** Adds what both kinds of training take, after the options of their own. */
export const withTraining = (command: Command): Command =>
  command
    .option('--data <set>', "images to train with, see below (default: the preset's)", checkSet)
    .option('--flip', 'mirror half of the images left to right')
    .option('--no-flip', 'mirror none')
    .option('--images <n>', 'training images, counted with repetition, of all phases together', quantity)
    .option('--batch <n>', 'images of an update', quantity)
    .option('--seed <n>', 'seed of everything random', wholeNumber)
    .option('--lr <x>', 'highest learning rate, above 0 and at most 1', positiveNumber(1))
    .addOption(new Option('--loss-weight <name>', 'weight of the loss at a noise level').choices(lossWeightNames))
    .addOption(
      new Option('--ema-residual <x>', 'share of the start that is left in the sampled average at the end (of a phase)')
        .argParser(positiveNumber(0.999))
        .conflicts(['emaMomentum', 'emaHalfLife']),
    )
    .addOption(
      new Option('--ema-momentum <mu>', "or that average's momentum, in [0, 1)")
        .argParser(fraction)
        .conflicts(['emaResidual', 'emaHalfLife']),
    )
    .addOption(
      new Option('--ema-half-life <n>', 'or the images after which an update counts half')
        .argParser(quantity)
        .conflicts(['emaResidual', 'emaMomentum']),
    )
    .option('--checkpoint-every <n>', 'images between two checkpoints', quantity)
    .option('--resume', 'go on from the last checkpoint of --out')
    .option('--dry-run', 'print what would be done and what it costs; write nothing')
    .option('--json', 'print one JSON value at the end')
    .addHelpText('after', setHelp);
