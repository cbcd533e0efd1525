import { dispose, readScalar, type Tensor } from '@tract/tensor';
import { failure } from './errors.js';
import type { LogWindow } from './run-folder.js';

/** What one update leaves behind for the log. */
export type StepResult = { readonly loss: Tensor; readonly gradNorm: Tensor };

export type LossLog = {
  /** Takes the scalars of one update over. */
  readonly add: (result: StepResult) => void;
  /** Reads everything that waits; `step` is the number of updates done. @throws CliError (failed) when a loss or gradient is not finite. */
  readonly read: (step: number) => Promise<LogWindow>;
  /** Begins the next line of the log. */
  readonly reset: () => void;
  /** Frees what waits without looking at it. */
  readonly drop: () => void;
};

export const emptyWindow: LogWindow = { loss: 0, gradNorm: 0, count: 0 };

/**
 * Sums over the updates since the last line of the log. Scalars wait on the device until they are read, so that it never waits for us;
 * what is not finite is noticed at the reading, so nothing may be committed before one.
 */
export function openLossLog(start: LogWindow): LossLog {
  let window = start;
  let pending: StepResult[] = [];
  const drop = (): void => {
    dispose(pending);
    pending = [];
  };
  return {
    add: (result) => void pending.push(result),
    read: async (step) => {
      for (const [i, result] of pending.entries()) {
        const [loss, gradNorm] = [await readScalar(result.loss), await readScalar(result.gradNorm)];
        if (!Number.isFinite(loss) || !Number.isFinite(gradNorm)) throw diverged(loss, gradNorm, step - pending.length + i + 1);
        window = { loss: window.loss + loss, gradNorm: window.gradNorm + gradNorm, count: window.count + 1 };
      }
      drop();
      return window;
    },
    reset: () => {
      window = emptyWindow;
    },
    drop,
  };
}

const diverged = (loss: number, gradNorm: number, update: number) =>
  failure(
    `the loss became ${loss} (gradient norm ${gradNorm}) at update ${update}; nothing was written since the last checkpoint; start a new run with a lower --lr`,
  );
