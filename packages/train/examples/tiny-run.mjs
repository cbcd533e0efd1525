// Trains a tiny denoiser and distils it to one step. Stopped or killed at any moment, the same call goes on to the same bits. Only the store says
// where the run lives: folderStore('runs/tiny') of '@tract/train/node', runStore(memoryFiles()), or in a page runStore(opfsFiles(handle)).
import { loadModel } from '@tract/model';
import { distillTask, teacherTask, train } from '@tract/train';

const shape = {
  imageSize: 4,
  inChannels: 1,
  channels: 4,
  embChannels: 4,
  channelMult: [1],
  blocks: 1,
  attentionResolutions: [],
  groups: 4,
};
const network = { kind: 'unet', ...shape, scaleShift: true, resampleInBlocks: true, outputs: 1, classes: 1 };
const common = { data: 'stripes', images: 24, batch: 2, seed: 0, learningRate: 1e-3, clipNorm: 1, checkpointEvery: 8, flip: true };

/** 16 grey images; yours would come from @tract/data. */
const images = {
  ...{ count: 16, height: 4, width: 4, channels: 1, labels: new Uint8Array(0) },
  data: Uint8Array.from({ length: 16 * 16 }, (_, i) => (i * (1 + (i >> 4)) * 37) % 256),
};

/** Train the teacher: 12 updates, a checkpoint after each 4. */
export const trainTeacher = (store, options) =>
  train(teacherTask({ network, prediction: 'v', ...common, emaMomentum: 0.9 }, { images }), store, options);

/** Distil it: 8 sampling steps become 2, then 1. */
export async function distilTeacher(teacherStore, store, options) {
  const files = await Promise.all(['model.safetensors', 'config.json'].map((name) => teacherStore.files.read(`model/${name}`)));
  const rule = { method: 'tract', schedule: [8, 2, 1], decay: 'constant', selfEma: 0.5, restart: 'keep', lossWeight: 'truncated-snr' };
  const settings = { ...common, ...rule, teacher: 'the teacher', emaResidual: 0.01, huberWidth: 0, clipStudent: false };
  return train(distillTask(settings, loadModel(...files), { images }), store, options);
}
