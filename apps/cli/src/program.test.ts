import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { settingsHeading } from './options/training-options.js';
import { buildProgram } from './program.js';
import { startTract, tract } from './testing/tract.js';
import { tractHere } from './testing/tract-here.js';
import { version } from './version.js';

const paths = (command: Command): string[][] => [
  [],
  ...command.commands.flatMap((inner) => paths(inner).map((path) => [inner.name(), ...path])),
];
const silent = { out: () => {}, err: () => {}, live: false, columns: () => 80 };

const program = await buildProgram(silent);

describe('every help text is there, fits 80 columns and ends with two examples', () => {
  test.each(paths(program).map((path) => path.join(' ')))('tract %s --help', async (path) => {
    const { code, out, err } = await tractHere(...path.split(' ').filter(Boolean), '--help');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.split('\n').filter((line) => line.length > 79)).toEqual([]);
    expect(out.slice(out.indexOf('\nExamples:\n')).match(/^ {2}tract .*/gm)?.length).toBeGreaterThanOrEqual(2);
  });
});

const commandAt = (path: readonly string[]): Command =>
  path.reduce((command, name) => command.commands.find((inner) => inner.name() === name)!, program);

/** Words for what numbers on the command line count or measure. */
const units =
  /image|pixel|step|channel|block|thread|run|time|port|seed|share|class|checkpoint|momentum|learning rate|noise scale|deviation|probability|sample/i;

describe('every option with a value says what holds without it, and every number what it counts or measures', () => {
  test.each(paths(program).map((path) => path.join(' ')))('tract %s', (path) => {
    const command = commandAt(path.split(' ').filter(Boolean));
    const help = command.createHelp();
    for (const option of help.visibleOptions(command).filter(({ required, optional }) => required || optional)) {
      const said = help.optionDescription(option);
      if (option.helpGroupHeading !== settingsHeading) expect(said, option.flags).toMatch(/default: \S|\(required/);
      if (/[<[](n|x|p|mu)[>\]]/.test(option.flags)) expect(said, option.flags).toMatch(units);
    }
  });
});

test('every command that gives a result prints it as JSON, too; both that train can be tried without doing anything', () => {
  const withoutResult = ['', 'watch', 'bench', 'mpi', 'launch', 'completion', 'complete'];
  const has = (path: readonly string[], flag: string) => commandAt(path).options.some(({ long }) => long === flag);
  const lacking = paths(program).filter((path) => !has(path, '--json'));
  expect(lacking.map((path) => path.join(' '))).toEqual(withoutResult);
  const dry = paths(program).filter((path) => has(path, '--dry-run'));
  expect(dry.map((path) => path.join(' '))).toEqual(['train', 'distill', 'launch']);
});

test('no command at all shows the help on stderr, as an error of usage', async () => {
  const { code, out, err } = await tractHere();
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain('Usage: tract');
});

test('--version', async () => {
  expect(await tractHere('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' });
});

test('a reader that has read enough, as head does, ends nothing and is told nothing', async () => {
  const { child, ended } = startTract(['--help']);
  child.stdout!.destroy();
  expect(await ended).toMatchObject({ code: 0, stderr: '' });
});

test('help is there before anything that computes is loaded', async () => {
  const modules = `--import=data:text/javascript,${encodeURIComponent(`
    import { register } from 'node:module';
    register('data:text/javascript,' + encodeURIComponent(\`export async function load(url, context, next) {
      if (/tfjs|@tract.tensor|packages.tensor|zod/.test(url)) console.error(url);
      return next(url, context);
    }\`));`)}`;
  for (const words of [['--help'], ['--version'], ['nonsense']]) {
    const { stderr } = await tract(words, { NODE_OPTIONS: modules });
    expect(
      stderr.split('\n').filter((line) => /^(file|\/)/.test(line)),
      words.join(' '),
    ).toEqual([]);
  }
});
