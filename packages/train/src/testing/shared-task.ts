import { dispose, randomNormals, scalar, type Tensor, tensor } from '@tract/tensor';
import { gradientsOfParts } from '../batch-parts.js';
import { runConfig } from '../run-config.js';
import type { TrainTask } from '../train-task.js';

export type SharedTaskOptions = {
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Called before the gradients of each update; what it returns is added to the loss. */
  readonly onStep?: (step: number) => number | undefined;
  /** Called when the weights have been moved, and may spoil them. */
  readonly onWeights?: (step: number, weights: Float32Array) => void;
};

const [images, size] = [12, 5];

/** Move a vector towards the images of each batch, noise that is a function of update and place: plain gradient descent whose gradients are those of parts of the batch. */
export function sharedTask({ settings = {}, onStep, onWeights }: SharedTaskOptions = {}): TrainTask<number, { readonly w: Tensor }> {
  return {
    config: runConfig('shared', { learningRate: 0.1, ...settings }),
    batch: images,
    totalSteps: 10,
    commitEvery: 4,
    init: async (from) => {
      let w = Float32Array.from((from?.tensors.get('w')?.data as Float32Array | undefined) ?? new Float32Array(size).fill(1));
      let held = tensor(w, [size]);
      return {
        load: async (step) => step,
        gradients: (step, _, parts = {}) => {
          const more = onStep?.(step) ?? 0;
          const noise = randomNormals({ seed: 3, step }, images * size);
          return gradientsOfParts(parts, ({ part = { first: 0, count: images } }) => {
            const grads = new Float32Array(size);
            let loss = more;
            for (let i = part.first * size; i < (part.first + part.count) * size; i++) {
              const off = w[i % size] - noise[i];
              grads[i % size] += off / images;
              loss += off ** 2 / images;
            }
            return { value: scalar(loss), grads: { w: tensor(grads, [size]) } };
          });
        },
        apply: (step, { value, grads }) => {
          const by = grads.w.dataSync<'float32'>();
          w = w.map((x, i) => x - 0.1 * by[i]);
          onWeights?.(step, w);
          dispose([held, grads]);
          held = tensor(w, [size]);
          return { loss: value, gradNorm: scalar(Math.hypot(...by)), metrics: {} };
        },
        trees: () => ({ w: held }),
        counters: () => ({}),
        close: async () => dispose(held),
      };
    },
  };
}
