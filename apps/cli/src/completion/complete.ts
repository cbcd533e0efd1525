import type { Argument, Command, Option } from 'commander';
import { pathName, SuggestingArgument, SuggestingOption } from '../options/common-options.js';

/** Completions at the cursor. */
export type Completions = {
  readonly words: readonly { readonly word: string; readonly about: string }[];
  /** True if a path may stand there, too. */
  readonly files: boolean;
};

/**
 * List the completions of a command line: commands, options and their values, by the program's own description of itself.
 * @param words the words after the program's name, as a shell splits them; the last one, perhaps empty, is the one to be completed.
 */
export async function complete(program: Command, words: readonly string[]): Promise<Completions> {
  const { before, current } = split(words);
  const { command, operands, option } = walk(program, before);
  if (option && (option.required || !current.startsWith('-'))) return valuesOf(option, current, '');
  const [, flag, value] = /^(--[^=]+)=(.*)$/s.exec(current) ?? [];
  const named = flag === undefined ? undefined : findOption(command, flag);
  if (named) return valuesOf(named, value, `${flag}=`);
  if (current.startsWith('-')) return { words: startingWith(current, optionsOf(command)), files: false };
  const commands =
    operands === 0 ? visible(command).map((inner) => ({ word: inner.name(), about: about(inner.summary() || inner.description()) })) : [];
  const argument = command.registeredArguments[operands];
  const values = argument ? await valuesOf(argument, current, '') : { words: [], files: false };
  return { words: [...startingWith(current, commands), ...values.words], files: values.files };
}

/** bash makes a word of its own of `=`. */
function split(words: readonly string[]): { before: string[]; current: string } {
  const before = words.slice(0, -1).filter((word, i) => !(word === '=' && words[i - 1]?.startsWith('--')));
  const last = words.at(-1) ?? '';
  return { before, current: last === '=' ? '' : last };
}

/** The command that the words lead to, how many operands it has by then, and an option that waits for its value. */
function walk(program: Command, words: readonly string[]): { command: Command; operands: number; option?: Option } {
  let [command, operands] = [program, 0];
  let option: Option | undefined;
  for (const word of words) {
    const isValue = option !== undefined && (option.required || !word.startsWith('-'));
    option = !isValue && word.startsWith('-') ? findOption(command, word) : undefined;
    if (isValue || word.startsWith('-')) continue;
    const inner = operands === 0 ? command.commands.find((each) => each.name() === word) : undefined;
    if (inner) command = inner;
    else operands++;
  }
  return { command, operands, ...(option && (option.required || option.optional) && { option }) };
}

const findOption = (command: Command, flag: string): Option | undefined =>
  command.options.find(({ long, short }) => long === flag || short === flag);

async function valuesOf(taker: Option | Argument, current: string, prefix: string): Promise<Completions> {
  const suggested = taker instanceof SuggestingOption || taker instanceof SuggestingArgument ? await taker.suggestions() : [];
  const values = [...(taker.argChoices ?? []), ...suggested].map((word) => ({ word, about: '' }));
  const words = startingWith(current, values).map(({ word }) => ({ word: `${prefix}${word}`, about: '' }));
  return { words, files: prefix === '' && taker.parseArg === pathName };
}

const optionsOf = (command: Command) => [
  ...command.options
    .filter(({ hidden, long }) => !hidden && long)
    .map(({ long, description }) => ({ word: long!, about: about(description) })),
  { word: '--help', about: 'how the command is used' },
];

const visible = (command: Command): readonly Command[] => command.createHelp().visibleCommands(command);

const startingWith = <W extends { readonly word: string }>(start: string, words: readonly W[]): W[] =>
  words.filter(({ word }) => word.startsWith(start));

/** A description on one line. */
const about = (text: string): string => text.replaceAll('\n', ' ');
