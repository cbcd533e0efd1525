import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { main } from './main.js';
import { buildProgram } from './program.js';

/** Runs a command line in this process and gives what it wrote. */
async function say(...args: string[]) {
  const said = { out: '', err: '' };
  const code = await main(args, {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    live: false,
    columns: () => 80,
  });
  return { code, ...said };
}

const paths = (command: Command): string[][] => [
  [],
  ...command.commands.flatMap((inner) => paths(inner).map((path) => [inner.name(), ...path])),
];
const silent = { out: () => {}, err: () => {}, live: false, columns: () => 80 };

describe('every help text is there, fits 80 columns and ends with two examples', () => {
  test.each(paths(buildProgram(silent)).map((path) => path.join(' ')))('tract %s --help', async (path) => {
    const { code, out, err } = await say(...path.split(' ').filter(Boolean), '--help');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.split('\n').filter((line) => line.length > 79)).toEqual([]);
    expect(out.slice(out.indexOf('\nExamples:\n')).match(/^ {2}tract .*/gm)?.length).toBeGreaterThanOrEqual(2);
  });
});

test('no command at all shows the help on stderr, as an error of usage', async () => {
  const { code, out, err } = await say();
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain('Usage: tract');
});

test('--version', async () => {
  expect(await say('--version')).toEqual({ code: 0, out: '0.1.0\n', err: '' });
});
