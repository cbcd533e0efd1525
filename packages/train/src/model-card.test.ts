import type { ModelDescription } from '@tract/model';
import { expect, test } from 'vitest';
import { modelCard } from './model-card.js';
import { recipeOf } from './settings/index.js';

const network = {
  ...{ kind: 'unet' as const, imageSize: 8, inChannels: 3, channels: 8, embChannels: 16, channelMult: [1], blocks: 1 },
  ...{ attentionResolutions: [], outputs: 1, classes: 2, scaleShift: true, resampleInBlocks: true },
};
const run = { images: 100, batch: 4, learningRate: 1e-3, clipNorm: 0, seed: 7, checkpointEvery: 20, emaMomentum: 0.9 };
const settings = {
  ...{ ...run, data: 'folder=/home/me/pets', teacher: 'T', method: 'tract', schedule: [16, 4, 1], decay: 'cosine', selfEma: 0.5 },
  ...{ reinitStudent: true, lossWeight: 'truncated-snr', huberWidth: 0, clipStudent: false },
};
const student: ModelDescription = {
  ...{ network, prediction: 'x0', samplingSteps: [1], data: 'folder', classNames: ['cat', 'dog'] },
  recipe: { ...settings, imagesSeen: 40 },
};
const score = { values: { frechet_distance: 12.3456 }, steps: 1, samples: 5000, seed: 0, reference: 'pets', extractor: 'E', nfe: 1 };

test('the card of a student says its teacher, phases, loss, classes, cost so far and scores, and not where its images were', () => {
  const card = modelCard(student, { recipe: recipeOf(student), command: 'train it', scores: [score], use: ['draw it'], seconds: 1234 });
  for (const line of [
    '# folder=PATH in one step',
    'A student of 1 sampling step, distilled by the rule tract from `T`; the weights are the sampling average (EMA).',
    '| data | folder=PATH, scaled to [-1, 1] |',
    '| schedule | 16 -> 4 -> 1 steps, each phase started from its teacher |',
    '| seed | 7 |',
    '| classes | 0 cat, 1 dog |',
    '| cost | 40 images so far, 1,234 seconds of wall clock |',
    '| command | `train it` |',
    '| 1 step | frechet distance 12.346 | 5,000 | 0 | pets | E, nfe 1 |',
    'draw it',
  ])
    expect(card.split('\n')).toContain(line);
  expect(card).not.toContain('/home/me');
});

test('a recipe of another program is shown as it is, and has no command', () => {
  const model: ModelDescription = {
    network,
    prediction: 'x0',
    samplingSteps: [],
    data: 'CIFAR',
    recipe: { convertedFrom: 'a.pt', sha256: 'ff' },
  };
  expect(recipeOf(model)).toBeUndefined();
  const card = modelCard(model, { scores: [], use: ['draw it'] });
  expect(card).toContain('Converted from `a.pt` by `tract convert`; predicts x0, trained on CIFAR.');
  expect(card).toContain('| sha256 | ff |');
  expect(card).not.toMatch(/## Scores|\| command \|/);
});
