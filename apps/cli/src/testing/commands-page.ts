import type { Command, Help } from 'commander';

/** Lay out every command as Markdown for docs/commands.md: its usage, what it does, and its arguments and options as a table. */
export const commandsPage = (program: Command): string => `# Commands

Written by \`npm run docs -w @tract/cli\` from the commands themselves; \`tract COMMAND --help\` says the same, with examples and notes.

${leaves(program, []).map(section).join('\n\n')}
`;

/** Lay out the commands as a table of two columns, each linked to its section of docs/commands.md. */
export const commandTable = (program: Command): string =>
  table(['command', ''], program.createHelp().visibleCommands(program).filter(isOurs).map(summaryRow));

const summaryRow = (command: Command): readonly string[] => {
  const inner = leaves(command, ['tract', command.name()]);
  const names = inner.map(({ path }) => `[\`${path.slice(1).join(' ')}\`](docs/commands.md#${path.join('-')})`);
  return [names.join(', '), command.summary()];
};

/** A command with something to do, and the words that lead to it. */
type Leaf = { readonly path: readonly string[]; readonly command: Command };

function leaves(command: Command, above: readonly string[]): Leaf[] {
  const path = above.length > 0 ? above : [command.name()];
  const inner = command.createHelp().visibleCommands(command).filter(isOurs);
  const own = command.registeredArguments.length > 0 || command.options.some(({ long }) => long !== '--version') || inner.length === 0;
  return [...(own ? [{ path, command }] : []), ...inner.flatMap((each) => leaves(each, [...path, each.name()]))];
}

const isOurs = (command: Command): boolean => command.name() !== 'help';

function section({ path, command }: Leaf): string {
  const help = command.createHelp();
  const args = command.registeredArguments.map((argument) => `<${argument.name()}>`);
  const usage = [...path, ...args, '[options]'].join(' ');
  const rows = [
    ...help.visibleArguments(command).map((argument) => [`\`<${argument.name()}>\``, help.argumentDescription(argument)]),
    ...visibleOptions(help, command),
  ];
  return [`## ${path.join(' ')}`, `\`${usage}\``, oneLine(command.description()), ...(rows.length > 0 ? [table(['', ''], rows)] : [])].join(
    '\n\n',
  );
}

const visibleOptions = (help: Help, command: Command): string[][] =>
  help
    .visibleOptions(command)
    .filter(({ long }) => long !== '--help')
    .map((option) => [`\`${option.flags}\``, help.optionDescription(option)]);

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n');

const oneLine = (text: string): string => text.replaceAll('\n', ' ');

const cell = (text: string): string =>
  oneLine(text)
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
    .replace(/`[^`]*`/g, (code) => code.replaceAll('&lt;', '<'));
