import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { measureInTurn } from '../contest.mjs';

describe('programs are measured in turn', () => {
  test('round by round, and one that fails is not tried again', async () => {
    const order = [];
    const program = (name) => ({
      name,
      command: [name],
      measure: async (flags) => {
        order.push(name);
        if (name === 'b') throw new Error('no compiler');
        return { forward: flags.length, train: 1, tract: 1, peakRssMB: 1, params: 1 };
      },
    });
    const entries = await measureInTurn([program('a'), program('b'), program('c')], ['--batch', '2'], 2);
    expect(order).toEqual(['a', 'b', 'c', 'a', 'c']);
    expect(entries.map(({ rounds }) => rounds.length)).toEqual([2, 0, 2]);
    expect(entries[1].failure).toBe('no compiler');
    expect(entries[0].rounds[0].forward).toBe(2);
  });
});

describe('the tools', () => {
  const run = (tool, ...args) =>
    promisify(execFile)(process.execPath, [fileURLToPath(new URL(`../${tool}.mjs`, import.meta.url)), ...args]).catch((error) => error);

  test('say which Python lacks PyTorch and how to name another, and exit with 4', async () => {
    const { code, stderr } = await run('peers', '--python', '/nowhere/python3', '--quick');
    expect(code).toBe(4);
    expect(stderr).toMatch(/^error: no PyTorch in \/nowhere\/python3 .*--python or TRACT_PYTHON/m);
  });

  test('refuse what they do not know, and exit with 2', async () => {
    const [network, option, rounds, none] = [
      run('peers', '--networks', 'digit'),
      run('sweep', '--fast'),
      run('sweep', '--runs', '1'),
      run('scaling', '--runs', '0'),
    ];
    expect(await network).toMatchObject({ code: 2, stderr: expect.stringContaining("no network 'digit': expected digits, colour, cifar") });
    expect(await option).toMatchObject({ code: 2, stderr: expect.stringContaining('--fast') });
    expect(await rounds).toMatchObject({ code: 2, stderr: expect.stringContaining('--runs must be at least 2') });
    expect(await none).toMatchObject({ code: 2, stderr: expect.stringContaining("--runs must be a whole number of at least 1, got '0'") });
  });

  test.skipIf(process.platform !== 'linux')('measure files, their own way and by cp and sha256sum', async () => {
    const { stdout } = await run('files', '--quick', '--folder', tmpdir());
    for (const work of ['save', 'hash', 'convert'])
      expect(stdout).toMatch(new RegExp(`^\\| ${work} \\| [\\d.]+ \\| [\\d.]+ \\| [\\d.]+x \\|`, 'm'));
    expect(stdout).toMatch(/^fid: peak \d+ MB for 100 images, \d+ MB for 400$/m);
  });

  test('explain themselves', async () => {
    for (const tool of ['peers', 'sweep', 'scaling', 'files'])
      expect((await run(tool, '--help')).stdout).toContain(`usage: npm run bench:${tool}`);
  });
});
