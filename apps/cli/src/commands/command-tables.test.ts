import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { buildProgram } from '../program.js';
import { commandsPage, commandTable } from '../testing/commands-page.js';

const program = await buildProgram({ out: () => {}, err: () => {}, live: false, columns: () => 80 });
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const block = /(<!-- commands: npm run docs -w @tract\/cli -->\n)[\s\S]*?(\n<!-- \/commands -->)/;

// `npm run docs -w @tract/cli` writes these files; here they must be what it would write.
test('docs/commands.md and the table of the README are those of the commands as they are', async () => {
  await expect(commandsPage(program)).toMatchFileSnapshot('../../docs/commands.md');
  await expect(readme.replace(block, (_, begin, end) => `${begin}${commandTable(program)}${end}`)).toMatchFileSnapshot('../../README.md');
});

test('every option of every command has a row', () => {
  const page = commandsPage(program);
  const flags = program.commands.flatMap((command) => [command, ...command.commands]).flatMap(({ options }) => options);
  expect(flags.filter(({ flags, hidden }) => !hidden && !page.includes(`\`${flags}\``))).toEqual([]);
});
