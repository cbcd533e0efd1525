import { dispose, readScalar, type Tensor } from '@tract/tensor';
import { notFinite } from './not-finite.js';
import type { LogWindow } from './run-folder.js';

/** What one update leaves behind for the log. */
export type StepResult = { readonly loss: Tensor; readonly gradNorm: Tensor };

export type LossLog = {
  /** Takes the scalars of update `step` (from 1) over. @throws CliError (diverged) when one of them is not finite. */
  readonly add: (result: StepResult, step: number) => Promise<void>;
  readonly window: () => LogWindow;
  /** Begins the next line of the log. */
  readonly reset: () => void;
};

export const emptyWindow: LogWindow = { loss: 0, gradNorm: 0, count: 0 };

/** Sums over the updates since the last line of the log. Every update is read, so that what is not finite is found in the same one. */
export function openLossLog(start: LogWindow): LossLog {
  let window = start;
  return {
    add: async (result, step) => {
      const [loss, gradNorm] = [await readScalar(result.loss), await readScalar(result.gradNorm)];
      dispose(result);
      if (!Number.isFinite(loss) || !Number.isFinite(gradNorm))
        throw notFinite(`the loss became ${loss} (gradient norm ${gradNorm})`, step);
      window = { loss: window.loss + loss, gradNorm: window.gradNorm + gradNorm, count: window.count + 1 };
    },
    window: () => window,
    reset: () => {
      window = emptyWindow;
    },
  };
}
