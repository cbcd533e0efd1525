import { Command } from 'commander';
import type { WatchOptions } from '../actions/watch.js';
import type { Io } from '../io.js';
import { examples, pathName } from '../options/common-options.js';
import { wholeNumberUpTo } from '../options/quantity.js';

export const watchCommand = (io: Io): Command =>
  new Command('watch')
    .argument('<run>', 'the --out of train or distill', pathName)
    .option('--port <n>', 'port of 127.0.0.1; 0 is any free one', wholeNumberUpTo(65535), 7007)
    .addHelpText('after', examples('tract watch runs/student', 'tract watch runs/student --port 0'))
    .action(async (run: string, options: WatchOptions) => (await import('../actions/watch.js')).watch(io, run, options));
