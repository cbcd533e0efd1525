import { loadModel, type StoredModel, uploadParams } from '@tract/model';
import { dispose } from '@tract/tensor';
import type { OperationErrors } from '@tract/tensor/conformance';
import { type Running, type Started, startBackend } from '../backend.js';
import { walkNoise } from '../draw/noise-walk.js';
import { droppedModel } from '../model/dropped-model.js';
import { breathe } from '../page/breathe.js';
import { type Drawing, drawImages, type Show, type UploadedModel } from './draw-images.js';

/** The two sides of the room. */
export type Side = 'student' | 'teacher';

/** What the page has to know of a model. */
export type ModelFacts = {
  readonly name: string;
  /** Shape of an image: [size,size,channels]. */
  readonly size: number;
  readonly channels: number;
  readonly classes: number;
  readonly classNames?: readonly string[];
  /** Sampling steps that it is made for. */
  readonly steps: number;
};

/** Result of checking one operation. */
export type Checked = { readonly name: string; readonly tolerance: number; readonly errors?: OperationErrors; readonly problem?: string };

const models = new Map<Side, UploadedModel>();
/** Sizes of batches that each side has drawn, for which the device is warm. */
const warm = new Map<Side, Set<number>>();
let started: Promise<Started> | undefined;

async function take(side: Side, name: string, stored: StoredModel): Promise<ModelFacts> {
  await started;
  const before = models.get(side);
  models.set(side, { stored, params: uploadParams(stored) });
  warm.set(side, new Set());
  if (before) dispose(before.params);
  const { network, samplingSteps, classNames } = stored;
  const { imageSize: size, inChannels: channels, classes } = network;
  return { name, size, channels, classes, classNames, steps: samplingSteps[0] ?? 1 };
}

function model(side: Side): UploadedModel {
  const found = models.get(side);
  if (!found) throw new Error(`no ${side} has been loaded`);
  return found;
}

/** All that computes for the rooms Draw and Measure; lives in a worker, so that the page never waits. */
export const drawEngine = {
  /** Start the backend. */
  start: async (asked: string | null): Promise<Running> => {
    started = startBackend(asked);
    return (await started).described();
  },

  /** Take a model that came with the page. */
  useShipped: (side: Side, name: string, bytes: Uint8Array): Promise<ModelFacts> =>
    take(side, name, loadModel({ name: `${name}: weights`, bytes })),

  /** Take the model in a visitor's files. @throws Error that says what is wrong with them. */
  useFiles: async (side: Side, files: readonly File[]): Promise<ModelFacts> => {
    const stored = await droppedModel(files);
    return take(side, stored.name, stored);
  },

  /** Return the noise that images begin as, [images,H,W,C], at the strength of images. */
  noise: ({ images, walk }: Pick<Drawing, 'images' | 'walk'>): Float32Array => {
    const { imageSize, inChannels } = model('student').stored.network;
    return walkNoise(walk, images, imageSize ** 2 * inChannels);
  },

  /**
   * Draw images; where the device has not yet drawn so many with this model, draw first without the clock, so that it does not count what is done
   * once: compiling shaders, tracing the network.
   * @returns milliseconds; undefined if it was aborted.
   */
  draw: async (side: Side, drawing: Drawing, signal: AbortSignal, show: Show): Promise<number | undefined> => {
    const sizes = warm.get(side);
    if (!sizes?.has(drawing.images)) {
      const whole = drawing.steps === 1;
      await drawImages(model(side), { ...drawing, steps: 1 }, signal, whole ? show : undefined);
      if (signal.aborted) return undefined;
      sizes?.add(drawing.images);
    }
    return drawImages(model(side), drawing, signal, show);
  },

  /**
   * Measure images per second of the student, `images` at a time: again and again for three seconds or twice, after one to warm up.
   * @returns undefined if it was aborted.
   */
  speed: async (images: number, signal: AbortSignal): Promise<number | undefined> => {
    const student = model('student');
    const steps = student.stored.samplingSteps[0] ?? 1;
    let [runs, spent] = [0, 0];
    for (let run = 0; run < 3 || spent < 3000; run++) {
      const ms = await drawImages(student, { images, walk: { seed: run, share: 0 }, steps }, signal);
      if (ms === undefined || signal.aborted) return undefined;
      await breathe();
      if (run === 0) continue;
      runs++;
      spent += ms;
    }
    return (1000 * images * runs) / spent;
  },

  /** Check every operation against double precision, and tell of each. */
  checkOperations: async (signal: AbortSignal, onChecked: (checked: Checked, done: number, total: number) => void): Promise<void> => {
    const { measureOperation, operationCases } = await import('@tract/tensor/conformance');
    for (const [i, operation] of operationCases.entries()) {
      const { name, tolerance } = operation;
      let checked: Checked;
      try {
        checked = { name, tolerance, errors: await measureOperation(operation) };
      } catch (error) {
        checked = { name, tolerance, problem: (error as Error).message };
      }
      await onChecked(checked, i + 1, operationCases.length);
      await breathe();
      if (signal.aborted) return;
    }
  },
};

export type DrawEngine = typeof drawEngine;
