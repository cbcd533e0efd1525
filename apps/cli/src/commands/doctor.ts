import { Command } from 'commander';
import type { Io } from '../io.js';

export const doctorCommand = (io: Io): Command => new Command('doctor').description('Looks at this machine.').action(() => io.out('todo\n'));
