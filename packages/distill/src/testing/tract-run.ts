import { dispose, noise, read, readScalar, scale } from '@tract/tensor';
import { expectClose } from '@tract/tensor/testing';
import { applyUNet, initUNet, type UNetConfig } from '@tract/unet';
import { expect } from 'vitest';
import { distillSetup, distillStep, initDistillation, sampleImages } from '../index.js';

const shape = {
  kind: 'unet' as const,
  imageSize: 8,
  inChannels: 1,
  channels: 16,
  embChannels: 32,
  channelMult: [1],
  blocks: 1,
  attentionResolutions: [8],
  groups: 8,
};
const config: UNetConfig = { ...shape, scaleShift: true, resampleInBlocks: true, outputs: 1, classes: 1 };

/** Result of a tiny run of TRACT: the loss of each of its twenty steps; four images, each of 8x8 numbers, by DDIM. */
export type TractRun = {
  readonly losses: readonly number[];
  /** Images of the teacher in sixteen steps. */
  readonly teacherImages: Float32Array;
  /** Images of the student in one step. */
  readonly studentImages: Float32Array;
};

/** Twenty steps of TRACT with a U-Net on images of noise, 16 to 4 to 1 steps, on the active backend. Backends agree on it to rounding. */
export async function tractRun(): Promise<TractRun> {
  const setup = distillSetup<ReturnType<typeof initUNet>>({
    network: (params, xt, conditioning) => applyUNet(config, params, xt, conditioning),
    prediction: 'v',
    phaseSteps: [16, 4, 1],
    totalSteps: 20,
  });
  const draw = async (params: ReturnType<typeof initUNet>, steps: number): Promise<Float32Array> => {
    const images = await sampleImages({ model: setup.model, params, steps, seed: 0, indices: [0, 1, 2, 3], shape: [8, 8, 1] });
    const values = Float32Array.from(await read(images));
    dispose(images);
    return values;
  };
  const teacher = initUNet(config, 3);
  let state = initDistillation(setup, teacher);
  const losses: number[] = [];
  while (state.step < setup.totalSteps) {
    const images = noise({ seed: 1, step: state.step, samples: [0, 1, 2, 3], shape: [8, 8, 1] });
    const x0 = scale(images, 0.3);
    const { state: next, loss, gradNorm } = distillStep(setup, state, { x0 });
    losses.push(await readScalar(loss));
    dispose([images, x0, loss, gradNorm]);
    state = next;
  }
  const run = { losses, teacherImages: await draw(teacher, 16), studentImages: await draw(state.studentEma, 1) };
  dispose([state, teacher]);
  return run;
}

/** A run is that of another backend, to the rounding of float32 sums in another order. */
export function expectSameTractRun(run: TractRun, other: TractRun): void {
  expectClose(run.teacherImages, other.teacherImages, 1e-3, 'float32 sums in another order, through sixteen network calls');
  expectClose(run.losses, other.losses, 1e-3, 'the same, through twenty updates by Adam');
  expectClose(run.studentImages, other.studentImages, 1e-3, 'the same');
  expect(run.losses.every((loss) => loss > 0)).toBe(true);
}
