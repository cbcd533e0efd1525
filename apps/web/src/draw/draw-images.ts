import { denoiserOf, streams } from '@tract/distill';
import { ddim } from '@tract/samplers';
import { vpGrid } from '@tract/schedules';
import { dispose, randomInts, read, type Tensor, tensor, tensorSpace } from '@tract/tensor';
import type { DrawableModel } from '../model/drawable-model.js';
import { breathe } from '../page/breathe.js';
import { type Walk, walkNoise } from './noise-walk.js';

export type Drawing = {
  readonly images: number;
  readonly walk: Walk;
  readonly steps: number;
  readonly signal: AbortSignal;
  /** Sees the images [images,H,W,C], about in [-1, 1], after every step. */
  readonly show: (values: Float32Array, step: number) => void;
};

/** Draws by DDIM, as the command line does. @returns the milliseconds it took, pictures on the way included; undefined when it was told to stop. */
export async function drawImages({ model, params, network }: DrawableModel, drawing: Drawing): Promise<number | undefined> {
  const { images, walk, steps, signal, show } = drawing;
  const shape = [images, network.imageSize, network.imageSize, network.inChannels];
  const levels = vpGrid(steps);
  const noise = walkNoise(walk, images, network.imageSize ** 2 * network.inChannels).map((value) => value * levels[0].sigma);
  const labels = labelsOf(network.classes, walk.seed, images);
  const started = performance.now();
  const xT = tensor(noise, shape);
  let xt: Tensor = xT;
  let step = 0;
  try {
    for await (xt of ddim(tensorSpace, denoiserOf(model, params, { labels }), xT, levels)) {
      show(await read(xt), ++step);
      if (step < steps) await breathe();
      if (signal.aborted) return undefined;
    }
    return performance.now() - started;
  } finally {
    dispose([...new Set([xT, xt])]);
  }
}

/** A class for each image of a model that knows several, by (seed, number) alone. */
const labelsOf = (classes: number, seed: number, images: number): number[] | undefined =>
  classes === 1
    ? undefined
    : Array.from({ length: images }, (_, sample) => randomInts({ seed, stream: streams.sampleLabel, sample }, 1, classes)[0]);
