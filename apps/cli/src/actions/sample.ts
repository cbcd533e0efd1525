import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { samplingOf } from '@tract/model';
import { inSteps, withCommas } from '@tract/report';
import { startBackend } from '../computing/backend.js';
import { interruptible } from '../computing/interruptible.js';
import { usageError } from '../errors.js';
import { type Io, report } from '../io.js';
import { drawWithProgress } from '../models/draw-with-progress.js';
import { readModel } from '../models/model-folder.js';
import { stepsOf } from '../models/steps-of.js';
import type { ComputeOptions } from '../options/common-options.js';
import type { DrawingOptions } from '../options/sampling-options.js';
import { isSharded, type ShardingOptions } from '../options/sharding-options.js';
import { outputKind, writeImages } from '../output/image-files.js';

export type SampleOptions = ComputeOptions &
  DrawingOptions &
  ShardingOptions & {
    /** Default: the first of the model's samplingSteps. */
    readonly steps?: number;
    readonly count: number;
    readonly seed: number;
    readonly batch: number;
    /** Default: the model's name with .png, in the working folder. */
    readonly out?: string;
    readonly json?: boolean;
  };

/** Draw images and write them, all or none. */
export async function sample(io: Io, name: string, options: SampleOptions): Promise<void> {
  const model = readModel(name);
  const { count, seed } = options;
  const steps = stepsOf(model, options.steps);
  if (isSharded(options)) return (await import('./shards.js')).sampleShards(io, model, { ...options, steps });
  const out = options.out ?? freshPicture(name);
  const kind = outputKind(out);
  const { sampler, nfe } = samplingOf(model, steps, options);
  const backend = await startBackend(io, options);
  const started = performance.now();
  const seconds = await interruptible('nothing was written', async (pause) => {
    const images = await drawWithProgress(io, model, { ...options, steps }, pause);
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

/**
 * Return the name of a picture of MODEL: its own, or where the folder is a run's `model`, the run's.
 * @throws CliError (usage) if that file is there: only a name that was given is written over.
 */
function freshPicture(model: string): string {
  const path = resolve(model);
  const named = /^model(\.safetensors)?$/.test(basename(path)) ? dirname(path) : path;
  const out = `${basename(named, '.safetensors')}.png`;
  if (existsSync(out)) throw usageError(`${out} is there already: choose a name, --out ${out} to replace it`);
  return out;
}
