import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { distillPresets, trainPresets } from '../presets/presets.js';
import { buildProgram } from '../program.js';
import { scratchFolder } from '../testing/tract.js';
import { complete } from './complete.js';
import { completionScripts } from './scripts.js';

const program = await buildProgram({ out: () => {}, err: () => {}, live: false, columns: () => 80 });

/** Complete a command line; return the words alone. */
const after = async (...words: string[]): Promise<string[]> => (await complete(program, words)).words.map(({ word }) => word);

const pathsOf = (command: Command): string[][] => [
  [],
  ...command.commands.flatMap((inner) => pathsOf(inner).map((path) => [inner.name(), ...path])),
];
const commandAt = (path: readonly string[]): Command =>
  path.reduce((command, name) => command.commands.find((inner) => inner.name() === name)!, program);

test.each(pathsOf(program).map((path) => path.join(' ')))('of tract %s: all its commands, and all its options', async (line) => {
  const path = line.split(' ').filter(Boolean);
  const command = commandAt(path);
  const commands = command.commands.map((inner) => inner.name()).filter((name) => name !== 'complete');
  expect(await after(...path, '')).toEqual(expect.arrayContaining(commands));
  expect(await after(...path, '-')).toEqual([...command.options.filter(({ hidden }) => !hidden).map(({ long }) => long), '--help']);
});

test('names of presets, models, settings and choices', async () => {
  expect(await after('train', '--preset', '')).toEqual(Object.keys(trainPresets));
  expect(await after('distill', '--silent', '--preset', 'mnist-q')).toEqual(['mnist-quickstart']);
  expect(await after('distill', '--preset=mnist-q')).toEqual(['--preset=mnist-quickstart']);
  expect(await after('distill', '--preset', '=', 'cifar10-b')).toEqual(['cifar10-btd']);
  expect(await after('distill', '--preset', '=')).toEqual(Object.keys(distillPresets));
  expect(await after('sample', 'mnist-s')).toEqual(['mnist-student']);
  expect(await after('sample', '--steps', '4', '')).toEqual(['mnist-student', 'mnist-teacher']);
  expect(await after('train', '--set', 'network.ch')).toEqual(['network.channels=', 'network.channelMult=']);
  expect(await after('distill', '--set', 'network.ch')).toEqual([]);
  expect(await after('train', '--decay', '')).toEqual(['constant', 'cosine']);
  expect(await after('completion', '')).toEqual(['bash', 'zsh', 'fish']);
  expect(await after('fid', 'w')).toEqual(['weights']);
});

test('paths may stand where paths are read, and nowhere else', async () => {
  const files = async (...words: string[]) => (await complete(program, words)).files;
  for (const words of [
    ['sample', ''],
    ['convert', 'a', ''],
    ['train', '--out', ''],
    ['train', '--resume', ''],
    ['report', ''],
  ])
    expect(await files(...words), words.join(' ')).toBe(true);
  for (const words of [[''], ['sample', 'a', ''], ['train', '--images', ''], ['train', '--preset', ''], ['completion', '']])
    expect(await files(...words), words.join(' ')).toBe(false);
});

const isThere = (shell: string): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0;
const because = (shell: string): string => (isThere(shell) ? '' : ` (skipped: there is no ${shell} here)`);

describe.skipIf(!isThere('bash'))(`in a real bash${because('bash')}`, () => {
  const scratch = scratchFolder();
  beforeAll(() => {
    const bin = fileURLToPath(new URL('../../bin/tract.mjs', import.meta.url));
    writeFileSync(join(scratch.path, 'tract'), `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`);
    chmodSync(join(scratch.path, 'tract'), 0o755);
    mkdirSync(join(scratch.path, 'my runs'));
  });
  afterAll(scratch.remove);

  /** Return the words that bash would put in the place of the last one. */
  function replies(...words: string[]): string[] {
    const script = `eval "$(tract completion bash)"; COMP_WORDS=(tract "$@"); COMP_CWORD=$#; _tract; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const env = { ...process.env, PATH: `${scratch.path}${delimiter}${process.env.PATH}` };
    const out = execFileSync('bash', ['--norc', '--noprofile', '-c', script, 'bash', ...words], {
      cwd: scratch.path,
      env,
      encoding: 'utf8',
    });
    return out.split('\n').filter(Boolean);
  }

  test.each([
    [['ev'], ['evaluate']],
    [
      ['train', '--pre'],
      ['--preset', '--prediction'],
    ],
    [['train', '--preset', 'mnist-ti'], ['mnist-tiny']],
    [['train', '--preset', '=', 'mnist-ti'], ['mnist-tiny']],
    [
      ['sample', 'm'],
      ['mnist-student', 'mnist-teacher', 'my runs'],
    ],
    [
      ['train', '--set', 'network.i'],
      ['network.imageSize=', 'network.inChannels='],
    ],
    [['report', 'my'], ['my runs']],
    [['train', '--images', ''], []],
  ])('tract %j', (words, expected) => {
    expect(replies(...words).sort()).toEqual([...expected].sort());
  });
});

const scripts = scratchFolder();
afterAll(scripts.remove);

for (const shell of Object.keys(completionScripts) as (keyof typeof completionScripts)[]) {
  test.skipIf(!isThere(shell))(`${shell} parses its script${because(shell)}`, () => {
    const path = join(scripts.path, `completion.${shell}`);
    writeFileSync(path, completionScripts[shell]);
    const { status, stderr } = spawnSync(shell, ['-n', path], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
}
