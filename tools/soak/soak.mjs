// npm run soak: the tests of what a run survives, with more kills, updates and inputs than every run of the tests can afford.
import { parseArgs } from 'node:util';
import { build, run, tool } from '../workspace/steps.mjs';

/** Repeated work: default count, the variable that hands it to the tests, and the tests. */
const parts = {
  kills: { usual: 1000, variable: 'KILLS', tests: ['apps/cli/src/actions/random-kills.test.ts'] },
  'save-kills': {
    usual: 1000,
    variable: 'SAVE_KILLS',
    tests: ['packages/train/src/node/kill-while-writing.test.ts', 'packages/train/src/node/damaged-checkpoints.test.ts'],
  },
  steps: { usual: 100_000, variable: 'STEPS', tests: ['tools/soak/test/steady.test.mjs'] },
  inputs: {
    // Of each of 27 formats: more than five million in all.
    usual: 200_000,
    variable: 'INPUTS',
    tests: [
      'packages/checkpoint/src/fuzz.test.ts',
      'packages/model/src/model-files.test.ts',
      ...['mnist', 'parquet-set', 'pictures', 'spoilt-inputs', 'webdataset'].map((name) => `packages/data/src/${name}.test.ts`),
    ],
  },
  ranks: { usual: 200, variable: 'RANKS', tests: ['apps/cli/src/training/rank-kills.test.ts'] },
  hosts: { usual: 40, variable: 'HOSTS', tests: ['apps/cli/src/training/two-hosts.test.ts'] },
  large: { usual: 5120, variable: 'LARGE', tests: ['tools/soak/test/large-files.test.mjs'] },
};

const help = `npm run soak -- [--kills N] [--save-kills N] [--steps N] [--inputs N] [--ranks N]
                [--hosts N] [--large N]

  --kills N       kills at any moment of a training, which then goes on to the
                  bytes of one that was not killed (default: 1000)
  --save-kills N  kill -9 while a checkpoint is written; with it every call of
                  the disk fails once, and 200 bytes are flipped (default: 1000)
  --steps N       updates that leave tensors, open files and memory as they
                  were (default: 100000)
  --inputs N      damaged files of each of 27 formats (default: 200000)
  --ranks N       kills of a rank or of mpirun, over Open MPI or what
                  TRACT_MPI_SUITE names (default: 200)
  --hosts N       updates of a network of 60 million parameters on two hosts of
                  network namespaces with 1 Gbit/s between them, whose sums hide
                  behind the computing on an idle machine; and a link that is cut
                  (default: 40; of each 20 but the first a median)
  --large N       megabytes of the files that are written, read and converted in
                  pieces (default: 5120; needs four times as much of a disk)

0 leaves a part out. Hours in all; a tenth of each is a good evening. Kills and
damaged files of several calls add up: each draws others.`;

const options = Object.fromEntries([...Object.keys(parts), 'help'].map((name) => [name, { type: name === 'help' ? 'boolean' : 'string' }]));
const { values } = parseArgs({ options });
if (values.help) {
  console.log(help);
} else {
  const chosen = Object.entries(parts).map(([name, part]) => ({ ...part, count: values[name] ?? String(part.usual) }));
  const wrong = chosen.find(({ count }) => !/^\d{1,9}$/.test(count));
  if (wrong) {
    console.error(`expected a count from 0, got '${wrong.count}'\n\n${help}`);
    process.exit(2);
  }
  const due = chosen.filter(({ count }) => Number(count) > 0);
  const env = Object.fromEntries(due.map(({ variable, count }) => [`TRACT_SOAK_${variable}`, count]));
  const code = await build('--projects=@tract/cli,@tract/checkpoint,@tract/data,@tract/scores');
  // The count says how long a test takes.
  process.exitCode = code || (await run(tool('vitest'), ['run', '--testTimeout', '0', ...due.flatMap(({ tests }) => tests)], env));
}
