import type { SamplingOptions } from '@tract/model';
import { type SamplerOptions, samplerNames, samplersWith } from '@tract/samplers';
import { type Command, Option } from 'commander';
import { numberUpTo, positiveNumber, wholeNumber } from './quantity.js';

/** Options of every command that draws from a model. */
export type DrawingOptions = SamplingOptions & {
  /** Class of all images. Default: drawn for each. */
  readonly class?: number;
};

const takers = (option: keyof SamplerOptions): string => samplersWith(option).join(', ');

/** Add the options of `DrawingOptions` to a command. */
export const withSampling = (command: Command): Command =>
  command
    .addOption(new Option('--sampler <name>', "how to draw (default: heun for EDM's teachers, else ddim)").choices(samplerNames))
    .option('--eta <x>', `${takers('eta')}: fraction of DDPM's noise in each step (default: 0)`, numberUpTo(1))
    .option('--churn <x>', `${takers('churn')}: noise added over all steps, S_churn (default: 0)`, numberUpTo(1e4))
    .option('--churn-min <x>', 'the lowest noise scale at which it is added (default: 0)', numberUpTo(1e4))
    .option('--churn-max <x>', 'the highest one (default: any noise scale)', positiveNumber(1e4))
    .option('--churn-noise <x>', 'its standard deviation (default: 1)', positiveNumber(10))
    .option('--sigma-min <x>', "EDM's teachers: lowest noise scale (default: the model's, else 0.002)", positiveNumber(1e4))
    .option('--sigma-max <x>', "highest noise scale (default: the model's, else 80)", positiveNumber(1e4))
    .option('--rho <x>', "how the steps lean towards the lowest (default: the model's, else 7)", positiveNumber(100))
    .option('--class <n>', 'class of all images, counted from 0 (default: drawn for each)', wholeNumber);
