import { Command } from 'commander';
import type { DoctorOptions } from '../actions/doctor.js';
import type { Io } from '../io.js';
import { examples, withComputing } from '../options/common-options.js';

export const doctorCommand = (io: Io): Command =>
  withComputing(new Command('doctor').option('--json', 'print one JSON value'))
    .addHelpText('after', examples('tract doctor', 'tract doctor --backend native --threads 1 --json'))
    .action(async (options: DoctorOptions) => (await import('../actions/doctor.js')).doctor(io, options));
