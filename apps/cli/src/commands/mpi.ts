import { Command } from 'commander';
import type { Io } from '../io.js';
import { report } from '../io.js';
import { examples, pathName } from '../options/common-options.js';

const shown = examples('tract mpi build', 'tract mpi build --mpicc mpicc.mpich');

export const mpiCommand = (io: Io): Command =>
  new Command('mpi').addHelpText('after', shown).addCommand(
    new Command('build')
      .summary("Builds what connects processes, with this site's MPI compiler.")
      .description(
        'Compiles the addon that connects the processes of a training, for the MPI of this\nmachine, into TRACT_MPI (default ~/.cache/tract/mpi). Once for each MPI and version.',
      )
      .option('--mpicc <path>', 'the C compiler of the MPI', pathName, 'mpicc')
      .option('--json', 'print one JSON value')
      .addHelpText('after', shown)
      .action(async ({ mpicc, json }: { readonly mpicc: string; readonly json?: boolean }) => {
        const { buildAddon } = await import('@tract/distributed/node');
        const built = buildAddon({ mpicc });
        report(io, json === true, built, [`${built.path}: built for ${built.library} by ${built.mpicc}`]);
      }),
  );
