import { type Engine, engines, type Recipe } from '@tract/distributed';
import { Argument, Command, Option } from 'commander';
import type { Io } from '../io.js';
import { examples } from '../options/common-options.js';
import { quantity } from '../options/quantity.js';

type LaunchOptions = Omit<Recipe, 'args' | 'hosts'> & { readonly hosts?: string };

export const launchCommand = (io: Io): Command =>
  new Command('launch')
    .description(
      'Prints how an engine starts a command of tract on many machines; starts nothing.\nmpirun, mpiexec, slurm and kubernetes-mpi are for train and distill, slurm-array\nand kubernetes-job for sample, fid and evaluate in shards.',
    )
    .addArgument(new Argument('<engine>', 'what starts it').choices(engines))
    .argument('<command...>', 'the command after --, with its options')
    .option('--tasks <n>', 'ranks of a training, or shards of images', quantity, 2)
    .option('--cores <n>', 'cores of each, for as many threads', quantity, 1)
    .option('--hosts <list>', 'of mpirun and mpiexec: a,b,c (default: this one)')
    .addOption(new Option('--mpi <family>', 'of slurm and kubernetes-mpi').choices(['open-mpi', 'mpich']).default('open-mpi'))
    .option('--name <name>', 'of the job', 'tract')
    .option('--time <limit>', 'of slurm', '24:00:00')
    .option('--image <image>', 'of kubernetes', 'tract:latest')
    .option('--volume <claim>', 'of kubernetes: a volume that all pods share, at /work', 'work')
    .option('--dry-run', 'what it does in any case')
    .addHelpText(
      'after',
      examples(
        'tract launch mpirun --tasks 4 -- train --preset mnist --out runs/a',
        'tract launch slurm-array --tasks 9 -- sample mnist-student --count 5K --out a',
      ),
    )
    .action(async (engine: Engine, args: readonly string[], { hosts, ...options }: LaunchOptions) => {
      const { recipeFor } = await import('@tract/distributed');
      const program = { node: process.execPath, script: process.argv[1] };
      const recipe = recipeFor(engine, program, { ...options, args, ...(hosts && { hosts: hosts.split(',') }) });
      if (typeof recipe === 'string') return io.out(recipe.endsWith('\n') ? recipe : `${recipe}\n`);
      const { stringify } = await import('yaml');
      io.out(stringify(recipe, { aliasDuplicateObjects: false }));
    });
