import { toBytes } from '@tract/images';
import { draw, type StoredModel } from '@tract/model';
import { distillTask, watchTask } from '@tract/train';
import type { NetworkParams } from '@tract/unet';
import type { DigitScore } from './digit-score.js';
import { keptRun, studentRun, type Tell, trainKept } from './kept-runs.js';
import { type Subject, studentSettings } from './recipe.js';

/** Pictures of a sight, and images of its distance. */
const shownDigits = 16;
const scoredDigits = 500;
const drawnAtOnce = 100;
/** Updates between two sights. */
const sightEvery = 12;

/** Draw what everybody is shown: images 0 to 15 of seed 1. */
export const drawShown = async (model: StoredModel, params: NetworkParams, steps: number, count = shownDigits): Promise<Float32Array> => {
  const batches = draw(model, { steps, seed: 1, batch: drawnAtOnce, indices: Array.from({ length: count }, (_, i) => i), params });
  const drawn: Float32Array[] = [];
  for await (const { values } of batches) drawn.push(values);
  const all = new Float32Array(count * 784);
  for (const [batch, values] of drawn.entries()) all.set(values, batch * drawnAtOnce * 784);
  return all;
};

/** What to distil: a teacher, its images as bytes [count,28,28,1], and a score of what is drawn where there is one. */
export type Material = { readonly teacher: StoredModel; readonly data: Uint8Array; readonly score?: DigitScore };

/** Return bytes [count,28,28,1] as a set of one class. */
export const imagesOf = (data: Uint8Array) => ({
  data,
  labels: new Uint8Array(0),
  count: data.length / 784,
  height: 28,
  width: 28,
  channels: 1,
});

/**
 * Distil a teacher over so many images, or go on with the run that is kept here, until it is finished or `signal` says to pause; the run is kept in
 * the private file system of this page.
 * @returns true if it is finished.
 */
export async function distil(subject: Subject, images: number, material: Material, signal: AbortSignal, tell: Tell): Promise<boolean> {
  const { teacher, data, score } = material;
  const settings = studentSettings(subject, (await keptRun(studentRun[subject]))?.total ?? images);
  const task = distillTask(settings, teacher, { images: imagesOf(data) });
  const watched = watchTask(task, sightEvery, async ({ step, trees, counters }) => {
    const params = (trees() as { studentEma: NetworkParams }).studentEma;
    const steps = settings.schedule[counters().phase + 1];
    const values = await drawShown(teacher, params, steps);
    const scored = score && steps === 1 && toBytes(await drawShown(teacher, params, 1, scoredDigits));
    const distance = scored ? await score.distance({ data: scored, count: scoredDigits, height: 28, width: 28, channels: 1 }) : undefined;
    await tell({ kind: 'sight', images: step * settings.batch, steps, values, distance });
  });
  return trainKept(watched, studentRun[subject], { signal, tell });
}
