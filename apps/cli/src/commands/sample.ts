import type { Command } from 'commander';
import { startBackend } from '../backend.js';
import { type ComputeOptions, computeCommand } from '../common-options.js';
import { outputKind, writeImages } from '../image-files.js';
import { type Io, report } from '../io.js';
import { readModel } from '../model-folder.js';
import { startProgress } from '../progress.js';
import { quantity, wholeNumber, withCommas } from '../quantity.js';
import { drawImages, loadSampler } from '../sample-run.js';

type Options = ComputeOptions & {
  readonly steps: number;
  readonly count: number;
  readonly seed: number;
  readonly batch: number;
  readonly out: string;
  readonly json?: boolean;
};

export const sampleCommand = (io: Io): Command =>
  computeCommand('sample', 'Draws images from a model. Image i depends on the seed and on i alone.')
    .argument('<model>', 'MODEL')
    .requiredOption('--steps <n>', 'network calls for each image', quantity)
    .requiredOption('--out <path>', 'FILE.png (a grid), FILE.npz (uint8 NHWC under `images`) or a new folder of PNGs')
    .option('--count <n>', 'images', quantity, 64)
    .option('--seed <n>', 'seed of the noise', wholeNumber, 0)
    .option('--batch <n>', 'images at a time; does not change them', quantity, 128)
    .option('--json', 'print one JSON value')
    .addHelpText('after', '\nExamples:\n  tract sample mnist-teacher --steps 64 --count 100 --out digits.png\n  tract sample runs/a/model --steps 1 --count 5K --seed 7 --out digits.npz')
    .action((model: string, options: Options) => sample(io, model, options));

async function sample(io: Io, name: string, options: Options): Promise<void> {
  const kind = outputKind(options.out);
  const model = readModel(name);
  const backend = await startBackend(io, options);
  const sampler = loadSampler(model);
  const progress = startProgress(io, { unit: 'images', silent: options.silent });
  const started = performance.now();
  const { steps, count, seed, batch } = options;
  const images = await drawImages(sampler, { steps, count, seed, batch }, (done) => progress.tick({ done, total: count }));
  progress.end();
  const seconds = Number(((performance.now() - started) / 1000).toFixed(3));
  writeImages(options.out, kind, images, { Software: 'tract', Description: `${name}, ${steps} steps, seed ${seed}` });
  const value = { model: name, out: options.out, count, steps, seed, nfe: steps, seconds, imagesPerSecond: Number((count / seconds).toFixed(1)), backend };
  report(io, options.json === true, value, [`${options.out}: ${withCommas(count)} images, ${steps} steps, seed ${seed}, ${seconds} s`]);
}
