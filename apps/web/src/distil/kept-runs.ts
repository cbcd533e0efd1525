import { Interrupted, opfsFiles, runStore, type TrainOptions, type TrainTask, train } from '@tract/train';
import type { NetworkParams } from '@tract/unet';
import type { Subject } from './recipe.js';

/** What is seen of a run while it goes on. */
export type RunEvent =
  | {
      readonly kind: 'line';
      readonly images: number;
      readonly loss: number;
      readonly imagesPerSecond: number;
      /** Sampling steps before and after the phase; absent while a teacher is trained. */
      readonly phase?: string;
    }
  | {
      readonly kind: 'sight';
      /** Training images so far. */
      readonly images: number;
      /** Sampling steps of what is trained by now, and what it draws in them, [16,28,28,1]. */
      readonly steps: number;
      readonly values: Float32Array;
      /** Fréchet distance of what the student draws in one step; absent while it is made for more, and of own pictures. */
      readonly distance?: number;
    };

export type Tell = (event: RunEvent) => void | Promise<void>;

/** A run that is kept in this browser, a distillation or the training of its teacher. */
export type KeptRun = { readonly images: number; readonly total: number };

/** Names of runs in the private file system of this page. */
export type RunName = 'tract-digits' | 'tract-own' | 'tract-own-teacher';
/** The run of each subject's student. */
export const studentRun: Readonly<Record<Subject, RunName>> = { digits: 'tract-digits', own: 'tract-own' };

const openStore = async (name: RunName) =>
  runStore(opfsFiles(await (await navigator.storage.getDirectory()).getDirectoryHandle(name, { create: true })));

/** Find how far a run is that is kept here. */
export async function keptRun(name: RunName): Promise<KeptRun | undefined> {
  const store = await openStore(name);
  const config = await store.config();
  const [step] = await store.committedSteps();
  if (config === undefined || step === undefined) return undefined;
  const { batch, images } = config.settings as { batch: number; images: number };
  return { images: Math.min(images, step * batch), total: images };
}

/** Forget it. */
export const discardRun = async (name: RunName): Promise<void> =>
  (await navigator.storage.getDirectory()).removeEntry(name, { recursive: true }).catch(() => {});

/** Read the model that a run kept last, as its one file; undefined where there is none. */
export const keptModel = async (name: RunName): Promise<Uint8Array | undefined> =>
  (await openStore(name)).files.read('model/model.safetensors');

/** Train or distil until the end, or until `signal` says to pause. @returns true if it is finished. */
export async function trainKept<B>(
  task: TrainTask<B, NetworkParams>,
  name: RunName,
  options: TrainOptions & { tell: Tell },
): Promise<boolean> {
  const { tell, ...rest } = options;
  try {
    await train(task, await openStore(name), {
      ...rest,
      keep: 1,
      lineEvery: 5,
      onLine: ({ images, loss, imagesPerSecond, phase }) =>
        void tell({ kind: 'line', images, loss, imagesPerSecond, ...(phase !== undefined && { phase: `${phase}` }) }),
    });
    return true;
  } catch (error) {
    if (error instanceof Interrupted) return false;
    throw error;
  }
}
