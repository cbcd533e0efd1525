import { type Command, Option } from 'commander';
import { upTo } from './quantity.js';

/** Options of every command that computes. */
export type ComputeOptions = { readonly backend?: string; readonly threads?: number; readonly silent?: boolean };

/** Adds what every command that computes takes, after the options of its own. */
export const withComputing = (command: Command): Command =>
  command
    .addOption(new Option('--backend <name>', 'what computes (default: native, else cpu)').choices(['native', 'cpu']))
    .addOption(new Option('--threads <n>', 'threads of the native backend (default: all cores)').argParser(upTo(256)))
    .option('--silent', 'no progress on stderr');

/** The end of a help text. */
export const examples = (...lines: readonly string[]): string => `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
