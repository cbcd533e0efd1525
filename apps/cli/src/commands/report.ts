import { Command } from 'commander';
import type { ReportOptions } from '../actions/report.js';
import type { Io } from '../io.js';
import { examples, pathName, withComputing } from '../options/common-options.js';
import { integerList, quantity, wholeNumber } from '../options/quantity.js';

export const reportCommand = (io: Io): Command =>
  withComputing(
    new Command('report')
      .description('Writes one HTML file on a run: samples, curves, settings. It loads nothing\nfrom elsewhere.')
      .argument('<run>', 'the --out of train or distill, finished or not', pathName)
      .option('--out <file>', 'where to write it (default: RUN/report.html)', pathName)
      .option('--steps <list>', 'numbers of steps to draw in, besides those that the models are made for (default: 1,2,4)', integerList)
      .option('--count <n>', 'images of each picture', quantity, 36)
      .option('--seed <n>', 'seed of their noise', wholeNumber, 0)
      .option('--scores [n]', 'of digits: measure the Frechet distance of each over n images (default: 5K)', quantity)
      .option('--json', 'print one JSON value'),
  )
    .addHelpText('after', examples('tract report runs/student', 'tract report runs/student --steps 1,2,4,8 --scores 10K --out a.html'))
    .action(async (run: string, options: ReportOptions) => (await import('../actions/report.js')).report(io, run, options));
