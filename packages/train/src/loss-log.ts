import { dispose, readScalar } from '@tract/tensor';
import type { LogWindow } from './checkpoint.js';
import { Diverged } from './run-error.js';
import type { StepResult } from './train-task.js';

export type LossLog = {
  /** Read and dispose the scalars of update `step` (from 1). @throws Diverged when one of them is not finite. */
  readonly add: (result: StepResult, step: number) => Promise<void>;
  readonly window: () => LogWindow;
  /** Begin the next line of the log. */
  readonly reset: () => void;
};

export const emptyWindow: LogWindow = { loss: 0, gradNorm: 0, count: 0 };

/** Sum over the updates since the last line of the log. Every update is read, so that numbers that are not finite are found in the same one. */
export function openLossLog(start: LogWindow): LossLog {
  let window = start;
  return {
    add: async ({ loss: lossTensor, gradNorm: normTensor }, step) => {
      const [loss, gradNorm] = [await readScalar(lossTensor), await readScalar(normTensor)];
      dispose([lossTensor, normTensor]);
      if (!Number.isFinite(loss) || !Number.isFinite(gradNorm))
        throw new Diverged(`the loss became ${loss} (gradient norm ${gradNorm})`, step);
      window = { loss: window.loss + loss, gradNorm: window.gradNorm + gradNorm, count: window.count + 1 };
    },
    window: () => window,
    reset: () => {
      window = emptyWindow;
    },
  };
}
