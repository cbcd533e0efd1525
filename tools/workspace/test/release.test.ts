import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { root } from './packed.js';

// Real: nx release with its commit and tag, npm's lock file. Not real: the repository, which holds the descriptions of the packages alone.
const scratch = mkdtempSync(join(tmpdir(), 'tract-release-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const env = { ...process.env, npm_config_offline: 'true', NX_CACHE_DIRECTORY: join(scratch, '.nx') };
const run = (program: string, ...args: string[]) => execFileSync(program, args, { cwd: scratch, env, encoding: 'utf8', stdio: 'pipe' });

test('a release gives every package and whatever names it one version, with the lock file, in a commit with a tag', () => {
  const listed = execFileSync('git', ['ls-files', '*package.json', 'package-lock.json', 'nx.json', '.gitignore'], {
    cwd: root,
    encoding: 'utf8',
  });
  const files = [...listed.trim().split('\n'), 'tools/workspace/version-actions.mjs'];
  for (const file of files) cpSync(join(root, file), join(scratch, file));
  symlinkSync(join(root, 'node_modules'), join(scratch, 'node_modules'));
  run('git', 'init', '-q');
  run('git', 'config', 'user.name', 'test');
  run('git', 'config', 'user.email', 'test@localhost');
  run('git', 'add', '.');
  run('git', 'commit', '-qm', 'before');

  run('node_modules/.bin/nx', 'release', '7.8.9', '--skip-publish');
  expect(run('git', 'status', '--short')).toBe('');
  expect(run('git', 'tag', '--points-at', 'HEAD').trim()).toBe('v7.8.9');
  const workspaces = files.filter((file) => /^(apps|packages|tools)\/[^/]*\/package\.json$/.test(file));
  expect(workspaces.length).toBeGreaterThan(20);
  for (const file of workspaces) {
    const text = readFileSync(join(scratch, file), 'utf8');
    expect(JSON.parse(text), file).toMatchObject({ version: '7.8.9' });
    expect(text.match(/"@tract\/[^"]*": "\d[^"]*"/g)?.filter((line) => !line.endsWith(' "7.8.9"')) ?? [], file).toEqual([]);
  }
  expect(readFileSync(join(scratch, 'package-lock.json'), 'utf8')).not.toMatch(/"@tract\/[^"]*": "0\.1\.0"/);
});
