import { drawImages } from '../draw/draw-images.js';
import type { DrawableModel } from '../model/drawable-model.js';

const longEnough = 3000;

/**
 * Images per second of a model, `images` at a time: drawn once to warm up, then again and again for three seconds or twice, reading back included.
 * @returns undefined when asked to stop.
 */
export async function imagesPerSecond(model: DrawableModel, images: number, signal: AbortSignal): Promise<number | undefined> {
  let [runs, spent] = [0, 0];
  for (let run = 0; run < 3 || spent < longEnough; run++) {
    const ms = await drawImages(model, { images, walk: { seed: run, share: 0 }, steps: model.steps, signal, show: () => {} });
    if (ms === undefined) return undefined;
    if (run === 0) continue;
    runs++;
    spent += ms;
  }
  return (1000 * images * runs) / spent;
}
