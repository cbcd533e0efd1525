import { Command, Option } from 'commander';
import { quantity } from './quantity.js';

/** Options of every command that computes. */
export type ComputeOptions = { readonly backend?: string; readonly threads?: number; readonly silent?: boolean };

/** A command with the options of everything that computes. */
export const computeCommand = (name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .addOption(new Option('--backend <name>', 'what computes; default: native, else cpu').choices(['native', 'cpu']))
    .addOption(new Option('--threads <n>', 'threads of the native backend; default: all cores').argParser(quantity))
    .option('--silent', 'no progress on stderr');
