import { spawnSync } from 'node:child_process';
import { relative } from 'node:path';
import { nxEnvironment, root, tool } from './steps.mjs';

/** Tests outside apps and tools that run built packages: they start the command line, or read packages as a user's program does. */
const runsBuilt = /(^|\/)(tract-run|standalone|steady-state)[^/]*\.test\.ts$/;

/** Return the projects to build for test files, given by paths from the root; undefined for none, '' for all. */
export function projectsFor(files) {
  const needing = files.filter((file) => /^(apps|tools)\//.test(file) || runsBuilt.test(file));
  if (needing.length === 0) return undefined;
  return needing.every((file) => file.startsWith('apps/cli/')) ? '@tract/cli' : '';
}

/**
 * Vitest's global setup: bring the built packages up to date with their sources before tests that run them. nx does it by the content of
 * the sources, so that an up-to-date build costs a few seconds once. `npm test` has built and sets TRACT_BUILT.
 */
export async function setup(project) {
  if (process.env.TRACT_BUILT) return;
  const { testFiles } = await project.globTestFiles(project.vitest.filenamePattern);
  const projects = projectsFor(testFiles.map((file) => relative(root, file)));
  if (projects === undefined) return;
  const args = ['run-many', '-t', 'build', '--outputStyle=static', ...(projects ? [`--projects=${projects}`] : [])];
  const { status, stdout, stderr } = spawnSync(tool('nx'), args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...nxEnvironment },
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(`The build before the tests failed:\n${stdout}${stderr}`);
}
