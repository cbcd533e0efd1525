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
  large: { usual: 5120, variable: 'LARGE', tests: ['tools/soak/test/large-files.test.mjs'] },
};

const help = `npm run soak -- [--kills N] [--save-kills N] [--steps N] [--inputs N] [--large N]

  --kills N       kills at any moment of a training, which then goes on to the
                  bytes of one that was not killed (default: 1000)
  --save-kills N  kill -9 while a checkpoint is written; with it every call of
                  the disk fails once, and 200 bytes are flipped (default: 1000)
  --steps N       updates that leave tensors, open files and memory as they
                  were (default: 100000)
  --inputs N      damaged files of each of 27 formats (default: 200000)
  --large N       megabytes of the files that are written, read and converted in
                  pieces (default: 5120; needs four times as much of a disk)

0 leaves a part out. Hours in all; a tenth of each is a good evening.`;

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
  // The time limit is for the tests that do not set their own by the count.
  const limit = String(60_000 + 20 * Number(env.TRACT_SOAK_INPUTS ?? 0));
  process.exitCode = code || (await run(tool('vitest'), ['run', '--testTimeout', limit, ...due.flatMap(({ tests }) => tests)], env));
}
