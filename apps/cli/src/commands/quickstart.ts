import { Command } from 'commander';
import type { Io } from '../io.js';

export const quickstartCommand = (io: Io): Command => new Command('quickstart').description('Looks at this machine.').action(() => io.out('todo\n'));
