import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { usageError } from '../errors.js';
import { upTo } from './quantity.js';

/** Options of every command that computes. */
export type ComputeOptions = {
  readonly backend?: string;
  readonly threads?: number;
  readonly instructionSet?: string;
  readonly silent?: boolean;
};

/** Add the options of every command that computes, after those of its own. */
export const withComputing = (command: Command): Command =>
  command
    .addOption(
      new Option('--backend <name>', 'what computes (default: native, else wasm, else cpu)').choices([
        'native',
        'wasm',
        'cpu',
        'tensorflow',
        'webgpu',
      ]),
    )
    .addOption(
      new Option('--threads <n>', 'threads of the native backend (default: all cores, or what a quota leaves of them)').argParser(
        upTo(256),
      ),
    )
    .option('--instruction-set <name>', 'what native or wasm computes with, see doctor; bits depend on it (default: the best)')
    .option('--silent', 'no progress on stderr');

type Suggestions = readonly string[] | Promise<readonly string[]>;

/** An option with values that a shell can complete; what else it takes, its command tells. */
export class SuggestingOption extends Option {
  constructor(
    flags: string,
    description: string,
    readonly suggestions: () => Suggestions,
  ) {
    super(flags, description);
  }
}

/** An argument of the same kind. */
export class SuggestingArgument extends Argument {
  constructor(
    name: string,
    description: string,
    readonly suggestions: () => Suggestions,
  ) {
    super(name, description);
  }
}

class RequiredOption extends Option {}

/** An option that must be given, read by `parse`. */
export const required = (flags: string, description: string, parse: (text: string) => unknown): Option =>
  new RequiredOption(flags, `${description} (required)`).argParser(parse);

/** Require the options that must be given, after commander has looked for unknown options: a misspelt one is the likelier slip. A dry run needs no --out. @throws CliError (usage) */
export function requireOptions(command: Command): void {
  if (command.getOptionValue('dryRun') === true) return;
  const missing = command.options.find(
    (option) => option instanceof RequiredOption && command.getOptionValue(option.attributeName()) === undefined,
  );
  if (missing) throw usageError(`required option '${missing.flags}' not given; see --help`);
}

/** The name of a file or folder. What begins with a dash is the next option after an empty name. @throws InvalidArgumentError */
export function pathName(text: string): string {
  if (text === '' || text.startsWith('-'))
    throw new InvalidArgumentError('expected a path; write ./ before a name that begins with a dash.');
  return text;
}

/** The end of a help text. */
export const examples = (...lines: readonly string[]): string => `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
