import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect } from 'vitest';
import { runDigests } from './run-digests.js';
import { lackingMpi, type MpiName, mpis, type RanksEnded, type RanksStarted, startRanks } from './start-ranks.js';
import { writeTinyDigits } from './tiny-digits.js';
import { type Ended, tract } from './tract.js';

/** The MPI that is tested. */
export const mpi = (process.env.TRACT_MPI_SUITE ?? 'open-mpi') as MpiName;

/** Why nothing is tested with it; undefined where it is. */
export const unasked = process.env.TRACT_MPI_SUITE === undefined ? 'set TRACT_MPI_SUITE=open-mpi or mpich to run them' : lackingMpi(mpi);

export const bin = fileURLToPath(new URL('../../bin/tract.mjs', import.meta.url));
const distributed = new URL('../../../../packages/distributed/dist/node/index.js', import.meta.url).href;

/** Six updates of 16 images, a checkpoint after every second one. */
const settings = '--preset mnist-tiny --images 96 --batch 16 --checkpoint-every 32 --threads 1 --samples 0 --silent'.split(' ');

/** Prepare a folder with an addon for the MPI and some digits before the tests of a `describe`, and return what starts ranks there. */
export function rankRuns() {
  let folder = '';
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tract-ranks-'));
    writeTinyDigits(at('digits'));
    const built = await alone(['mpi', 'build', '--mpicc', mpis[mpi].mpicc, '--json']);
    expect(built).toMatchObject({ code: 0 });
    expect(JSON.parse(built.stdout)).toMatchObject({ family: mpi });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const at = (name: string): string => join(folder, name);
  const env = (): Record<string, string> => ({ TRACT_MPI: at('mpi'), TRACT_MNIST: at('digits') });
  /** Run a command line as one process. */
  const alone = (args: readonly string[]): Promise<Ended> => tract(args, env());
  const start = (ranks: number, args: readonly string[], more: NodeJS.ProcessEnv = {}, launcher?: readonly string[]): RanksStarted =>
    startRanks(ranks, args, { mpi, env: { ...env(), ...more }, launcher });
  /** A command line of `tract`; of an option that is given twice the last one counts. */
  const training = (run: string, ...more: readonly string[]): string[] => ['train', '--out', at(run), ...settings, ...more];
  /** Start a training as ranks. */
  const train = (ranks: number, run: string, ...more: readonly string[]): RanksStarted => start(ranks, [bin, ...training(run, ...more)]);
  /** SHA-256 of what a run has left, but for how it ended and on what. */
  const bytesOf = (run: string): Record<string, string> => ({ ...runDigests(at(run)), 'outcome.json': '', 'environment.json': '' });
  const outcomeOf = (run: string) => JSON.parse(readFileSync(join(at(run), 'outcome.json'), 'utf8')) as Record<string, unknown>;
  let programs = 0;
  /** Write a program for each rank, in which `open` joins the others as `ranks` and `say` prints JSON. */
  const program = (body: string): string[] => {
    const path = at(`program-${programs++}.mjs`);
    writeFileSync(
      path,
      `import { openCollective } from ${JSON.stringify(distributed)};
       const say = (value) => process.stdout.write(JSON.stringify(value) + '\\n');
       const open = async () => { globalThis.ranks = await openCollective(); return ranks; };
       ${body}`,
    );
    return [path];
  };
  return { at, env, alone, start, training, train, bytesOf, outcomeOf, program };
}

/** The values that ranks have printed, in any order. */
export const saidBy = ({ text }: RanksEnded): unknown[] =>
  text
    .split('\n')
    .filter((line) => /^[[{].*[\]}]\r?$/.test(line))
    .map((line) => JSON.parse(line));
