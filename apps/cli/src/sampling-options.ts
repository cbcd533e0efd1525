import { type Command, Option } from 'commander';
import { numberUpTo, positiveNumber, wholeNumber } from './quantity.js';
import { samplerNames } from './sampling.js';

/** Adds what every command that draws from a model takes. */
export const withSampling = (command: Command): Command =>
  command
    .addOption(new Option('--sampler <name>', "how to draw (default: heun for EDM's teachers, else ddim)").choices(samplerNames))
    .option('--eta <x>', "ddim, dpm-solver: share of DDPM's noise in each step (default: 0)", numberUpTo(1))
    .option('--churn <x>', 'heun: noise added over all steps (default: 0)', numberUpTo(1e4))
    .option('--churn-min <x>', 'the noise scales between which it is added (default: all)', numberUpTo(1e4))
    .option('--churn-max <x>', '', positiveNumber(1e4))
    .option('--churn-noise <x>', 'its standard deviation (default: 1)', positiveNumber(10))
    .option('--sigma-min <x>', "EDM's teachers: the lowest noise scale", positiveNumber(1e4))
    .option('--sigma-max <x>', 'the highest one', positiveNumber(1e4))
    .option('--rho <x>', 'how the steps lean towards the lowest', positiveNumber(100))
    .option('--class <n>', 'class of all images (default: drawn for each)', wholeNumber);
