import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { registerNativeBackend } from '@tract/backend-native';
import { readSafetensors } from '@tract/checkpoint';
import { loadMnist } from '@tract/data';
import { halvings } from '@tract/distill';
import { toBytes } from '@tract/images';
import { frechetDistance } from '@tract/metrics';
import { draw, uploadParams } from '@tract/model';
import { readModel } from '@tract/model/node';
import { dispose, useBackend } from '@tract/tensor';
import { distillTask, memoryFiles, runStore, train, watchTask } from '@tract/train';
import { digitStatistics } from '../image-classifiers/digit-statistics.mjs';

/**
 * The race of the page: TRACT and halving distil the shipped teacher over as many images, with the same loss, optimizer and draws, each in its own phases; what
 * the student draws in one step is measured on the way. An image costs both five network calls: two for the target, one for the student, two for its gradient.
 * Beside them the teacher itself by its number of steps. Writes apps/web/src/race/race.json.
 */
const { values: asked } = parseArgs({
  options: {
    images: { type: 'string', default: '20000' },
    samples: { type: 'string', default: '500' },
    looks: { type: 'string', default: '20' },
    seed: { type: 'string', default: '0' },
  },
});
const [images, samples, looks, seed] = ['images', 'samples', 'looks', 'seed'].map((name) => Number(asked[name]));
const batch = 64;
const out = new URL('../../apps/web/src/race/race.json', import.meta.url);
const weights = new URL('../../packages/metrics/weights/', import.meta.url);

registerNativeBackend();
await useBackend('native');
const { tensors: classifier } = readSafetensors(readFileSync(new URL('digit-classifier.safetensors', weights)));
const { tensors, metadata } = readSafetensors(readFileSync(new URL('digit-statistics.safetensors', weights)));
const [mean, covariance] = ['mean', 'covariance'].map((name) => tensors.get(name).data);
const reference = { count: Number(metadata.get('count')), mean, covariance };
const teacher = readModel(new URL('../../packages/models/mnist-teacher', import.meta.url).pathname);
const digits = await loadMnist('train');

/** Distance of so many digits, images 0 and on of seed 0, drawn in `steps`. */
async function distance(params, steps) {
  const bytes = new Uint8Array(samples * 784);
  const indices = Array.from({ length: samples }, (_, i) => i);
  for await (const { indices: drawn, values } of draw(teacher, { steps, indices, params, seed: 0 }))
    bytes.set(toBytes(values), drawn[0] * 784);
  const here = await digitStatistics(classifier, { data: bytes, count: samples, height: 28, width: 28, channels: 1 });
  return Number(frechetDistance(here, reference).toFixed(2));
}

const common = {
  ...{ data: 'mnist', teacher: 'mnist-teacher', images, batch, learningRate: 5e-4, decay: 'cosine', clipNorm: 1, emaResidual: 0.05, seed },
  ...{ highNoiseFraction: 0.9, lossWeight: 'root-truncated-snr', huberWidth: 0.1, huberOver: 'samples', clipStudent: true, selfEma: 0.85 },
  ...{ checkpointEvery: images, reinitStudent: false },
};
const racers = {
  tract: { method: 'tract', schedule: [1024, 32, 1], phaseWeights: [1, 4] },
  halving: { method: 'btd', schedule: halvings(1024), phaseWeights: [1, 1, 1, 1, 1, 1, 1, 1, 2, 2] },
};
const race = { images, batch, samples, seed, callsPerImage: 5, students: {}, teacher: [] };
const every = Math.max(1, Math.round(images / batch / looks));
for (const [name, own] of Object.entries(racers)) {
  const points = [];
  const task = watchTask(distillTask({ ...common, ...own }, teacher, { images: digits }), every, async ({ step, trees, counters }) => {
    points.push([step * batch, await distance(trees().studentEma, 1)]);
    console.error(name, own.schedule[counters().phase + 1], ...points.at(-1));
  });
  await train(task, runStore(memoryFiles()));
  race.students[name] = { schedule: own.schedule, points };
}
const params = uploadParams(teacher);
for (let steps = 1; steps <= 64; steps *= 2) race.teacher.push([steps, await distance(params, steps)]);
dispose(params);
writeFileSync(out, `${JSON.stringify(race)}\n`);
