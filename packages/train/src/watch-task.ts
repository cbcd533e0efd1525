import type { TrainSession, TrainTask } from './train-task.js';

/** State of a session between two updates; its trees are lent until `look` returns. */
export type Watched<B, P> = Pick<TrainSession<B, P>, 'trees' | 'counters'> & {
  /** Updates done. */
  readonly step: number;
};

/**
 * Make the same task with looks at what is trained: before the update after every `every`, before the first one of a session, and at the end. The
 * bits do not change, as long as `look` changes none. An error of `look` ends the run.
 */
export function watchTask<B, P>(
  task: TrainTask<B, P>,
  every: number,
  look: (state: Watched<B, P>) => void | Promise<void>,
): TrainTask<B, P> {
  return {
    ...task,
    init: async (from) => {
      const session = await task.init(from);
      const { trees, counters } = session;
      let done = from?.state.step ?? 0;
      let isFirst = true;
      return {
        ...session,
        load: async (step) => {
          if (isFirst || step % every === 0) await look({ trees, counters, step });
          isFirst = false;
          return session.load(step);
        },
        apply: (step, gradients) => {
          done = step + 1;
          return session.apply(step, gradients);
        },
        close: async () => {
          try {
            if (done === task.totalSteps) await look({ trees, counters, step: done });
          } finally {
            await session.close();
          }
        },
      };
    },
  };
}
