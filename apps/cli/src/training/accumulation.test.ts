import { engine } from '@tensorflow/tfjs-core';
import {
  augmentLabels,
  type DistillBatch,
  distillSetup,
  distillStep,
  edmNoiseGrid,
  initDistillation,
  initTeacher,
  type StepResult,
  type TeacherBatch,
  teacherSetup,
  teacherStep,
  tractEdm,
} from '@tract/distill';
import { type DiffusionModel, modelOf } from '@tract/model';
import type { Moments } from '@tract/optim';
import { edmWeight, lognormalLevel } from '@tract/schedules/training';
import { add, leaves, mapTree, memory, noise, randomUniforms, read, readScalar, scale, scope, type Tensor } from '@tract/tensor';
import { expectClose } from '@tract/tensor/testing';
import { initNetwork, type NetworkParams, type SongUNetConfig } from '@tract/unet';
import { beforeAll, describe, expect, test } from 'vitest';
import { startBackend } from '../computing/backend.js';
import { processIo } from '../io.js';

const sizes = { imageSize: 4, inChannels: 1, channels: 8, embChannels: 16, noiseChannels: 8, channelMult: [1, 2], blocks: 1 } as const;
const network: SongUNetConfig = {
  ...{ ...sizes, kind: 'song', attentionResolutions: [2], outputs: 1, classes: 4, augmentChannels: augmentLabels, dropout: 0.2 },
  ...{ noiseFeatures: 'positional', filter: [1, 1], encoder: 'standard', decoder: 'standard' },
};
const model: DiffusionModel = { network, prediction: 'x0', preconditioning: { kind: 'edm' }, process: { kind: 'edm' } };
const images = 4;

/** A batch with all that a network of EDM may be told. */
function batchOf(side: number): TeacherBatch & DistillBatch {
  const x0 = scope(() => scale(noise({ seed: 1, samples: { first: 0, count: images }, shape: [side, side, 1] }), 0.5));
  const augment = Array.from({ length: images }, (_, sample) => Array.from(randomUniforms({ seed: 2, sample }, augmentLabels)));
  return { x0, labels: [0, 3, 1, 2], augment };
}

/** Parameters none of which is zero, as a fresh network's are where its blocks end. */
function livelyParams(seed: number): NetworkParams {
  let step = 0;
  const more = ([count, ...shape]: readonly number[]) => scale(noise({ seed, step: step++, samples: { first: 0, count }, shape }), 0.15);
  return mapTree(initNetwork(network, 0), (leaf) => scope(() => add(leaf, more(leaf.shape))));
}

type Result = StepResult<{ readonly moments: Moments<NetworkParams> }>;

/** A step that has all it needs: images of so many pixels a side, and a batch in so many parts. */
function teacherStepOf(accumulate: number, side = 4): () => Result {
  const more = { levelAt: lognormalLevel, lossWeight: edmWeight(), totalSteps: 10, seed: 3, clipNorm: 1 };
  const setup = teacherSetup({ ...modelOf(model), ...more, accumulate });
  const [state, batch] = [initTeacher(livelyParams(4)), batchOf(side)];
  return () => teacherStep(setup, state, batch);
}

function distillStepOf(accumulate: number, side = 4): () => Result {
  const more = { rule: tractEdm(), noiseGrid: edmNoiseGrid, phaseSteps: [8, 1], totalSteps: 10, seed: 3 };
  const setup = distillSetup({ ...modelOf(model), ...more, accumulate });
  const { augment: _augment, ...batch } = batchOf(side); // which students are not told
  const state = { ...initDistillation(setup, livelyParams(4)), student: livelyParams(5) };
  return () => distillStep(setup, state, batch);
}

/** Loss, norm of the gradients before clipping, and the first moments: the gradients, clipped and scaled. */
async function numbersOf({ state, loss, gradNorm }: Result): Promise<[string, ArrayLike<number>][]> {
  const moments = leaves<Tensor>(state.moments.m).map(async ([path, leaf]) => [path, await read(leaf)] as [string, Float32Array]);
  return [['loss', [await readScalar(loss)]], ['norm', [await readScalar(gradNorm)]], ...(await Promise.all(moments))];
}

/** The most bytes of tensors that a step has alive at a time, beyond those before it. */
async function passingBytes(step: () => unknown): Promise<number> {
  const before = memory().bytes;
  const { peakBytes } = await engine().profile(() => {
    step();
    return [];
  });
  return peakBytes - before;
}

describe.each(['native', 'cpu'] as const)('on %s, with classes, augmentations and dropout', (backend) => {
  beforeAll(async () => {
    await startBackend(processIo, { backend, threads: 2, silent: true });
  });

  test.each([
    ['a teacher is trained', teacherStepOf],
    ['a student is distilled', distillStepOf],
  ])('%s the same in parts of a batch as in the whole', async (_, stepOf) => {
    const whole = await numbersOf(stepOf(1)());
    for (const accumulate of [2, 4]) {
      const parts = await numbersOf(stepOf(accumulate)());
      whole.forEach(([name, values], i) => {
        expectClose(parts[i][1], values, 1e-6, `float32 sums over ${images} images in another order, of ${name}`);
      });
    }
  });
});

test.each([
  ['teacher', teacherStepOf],
  ['student', distillStepOf],
])('a quarter of a batch at a time needs little more than a quarter of the memory for a %s', async (_, stepOf) => {
  await startBackend(processIo, { backend: 'native', threads: 2, silent: true });
  const [whole, quarter] = [await passingBytes(stepOf(1, 32)), await passingBytes(stepOf(4, 32))];
  expect(quarter / whole).toBeLessThan(0.35);
});
