import type { SetFingerprint } from '@tract/data';
import { add, clone, dispose, randomNormals, scalar, scale, scope, type Tensor, tensor } from '@tract/tensor';
import type { Checkpoint } from '../checkpoint.js';
import { runConfig } from '../run-config.js';
import type { TrainTask } from '../train-task.js';

export type ToyOptions = {
  readonly totalSteps?: number;
  readonly commitEvery?: number;
  /** Update (from 1) whose loss and gradient norm are these instead of 1. */
  readonly fault?: { readonly at: number; readonly loss?: number; readonly gradNorm?: number; readonly weight?: number };
  /** Called before each update. */
  readonly onStep?: (step: number) => unknown;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly data?: SetFingerprint;
};

/** Move a vector w of three towards noise that is a function of the step: w ← w + 0.1·(noise − w). `open` counts sessions that are not closed. */
export function toyTask({ totalSteps = 60, commitEvery = 7, fault, onStep, settings = {}, data }: ToyOptions = {}) {
  const opened = { sessions: 0 };
  const task: TrainTask<Tensor, { readonly w: Tensor }> = {
    config: runConfig('toy', { images: totalSteps, batch: 1, ...settings }),
    fixed: ['batch'],
    batch: 1,
    totalSteps,
    commitEvery,
    init: async (from?: Checkpoint) => {
      opened.sessions++;
      let w = tensor((from?.tensors.get('w')?.data as Float32Array | undefined) ?? [0, 0, 0], [3]);
      let updates = from?.state.counters.updates ?? 0;
      const gradients = (step: number, batch: Tensor) => {
        onStep?.(step);
        const grads = scope(() => ({ w: add(w, scale(batch, -1)) }));
        dispose(batch);
        return { value: scalar(fault?.at === step + 1 ? (fault.loss ?? 1) : 1), grads };
      };
      const apply = (step: number, { value, grads }: ReturnType<typeof gradients>) => {
        const isFault = fault?.at === step + 1;
        const next = scope(() => clone(add(w, scale(grads.w, isFault ? (fault.weight ?? -0.1) : -0.1))));
        dispose([w, grads]);
        w = next;
        updates++;
        return { loss: value, gradNorm: scalar(isFault ? (fault.gradNorm ?? 1) : 1), metrics: { learningRate: 0.1 } };
      };
      return {
        load: async (step) => tensor(randomNormals({ seed: 5, step }, 3), [3]),
        gradients,
        apply,
        trees: () => ({ w }),
        counters: () => ({ updates }),
        data,
        artifacts: ({ state, tensors }) =>
          new Map([['model', new Map([['w.json', JSON.stringify([state.step, ...tensors.get('w')!.data])]])]]),
        close: async () => {
          opened.sessions--;
          dispose(w);
        },
      };
    },
  };
  return { task, opened };
}
