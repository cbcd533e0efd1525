import { Command } from 'commander';
import type { Io } from '../io.js';

export const evaluateCommand = (io: Io): Command => new Command('evaluate').description('Looks at this machine.').action(() => io.out('todo\n'));
