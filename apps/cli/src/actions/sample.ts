import { samplingOf } from '@tract/model';
import { inSteps, withCommas } from '@tract/report';
import { startBackend } from '../computing/backend.js';
import { interruptible } from '../computing/signals.js';
import { type Io, report } from '../io.js';
import { drawWithProgress } from '../models/draw-with-progress.js';
import { readModel } from '../models/model-folder.js';
import type { ComputeOptions } from '../options/common-options.js';
import type { DrawingOptions } from '../options/sampling-options.js';
import { outputKind, writeImages } from '../output/image-files.js';

export type SampleOptions = ComputeOptions &
  DrawingOptions & {
    readonly steps: number;
    readonly count: number;
    readonly seed: number;
    readonly batch: number;
    readonly out: string;
    readonly json?: boolean;
  };

/** Draw images and write them, all or none. */
export async function sample(io: Io, name: string, options: SampleOptions): Promise<void> {
  const kind = outputKind(options.out);
  const model = readModel(name);
  const { steps, count, seed, out } = options;
  const { sampler, nfe } = samplingOf(model, steps, options);
  const backend = await startBackend(io, options);
  const started = performance.now();
  const seconds = await interruptible('nothing was written', async (pause) => {
    const images = await drawWithProgress(io, model, options, pause);
    const elapsed = (performance.now() - started) / 1000;
    writeImages(out, kind, images, { Software: 'tract', Description: `${name}, ${inSteps(steps)} of ${sampler}, seed ${seed}` });
    return Number(elapsed.toFixed(3));
  });
  const imagesPerSecond = Number((count / seconds).toFixed(1));
  const value = { model: name, out, count, steps, sampler, seed, nfe, seconds, imagesPerSecond, backend };
  report(io, options.json === true, value, [
    `${out}: ${withCommas(count)} images, ${inSteps(steps)} of ${sampler}, seed ${seed}, ${seconds} s`,
  ]);
}
