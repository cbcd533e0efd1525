import type { DistilEngine } from '../engine/distil-engine.js';
import { isGone, type OpenEngine, openEngine, WorkerClosed } from '../engine/open-engine.js';
import { say } from '../page/elements.js';

/** The worker that trains; started when it is first needed. */
export type Bench = {
  readonly open: () => Promise<Pick<OpenEngine<DistilEngine>, 'engine'>>;
  /** Say what went wrong. A worker that is gone, or whose device is, is started anew the next time. */
  readonly failed: (error: unknown) => void;
};

export function makeBench(): Bench {
  let opened: OpenEngine<DistilEngine> | undefined;
  const failed = (error: unknown): void => {
    if (error instanceof WorkerClosed) return;
    const { message } = error as Error;
    const gone = isGone(error);
    if (gone) {
      opened?.close();
      opened = undefined;
    }
    say(
      gone
        ? `What trained here is gone: ${message}. Start again; digits go on from where they were kept.`
        : `That did not work: ${message}`,
      { failed: true },
    );
  };
  return {
    open: async () => {
      opened ??= openEngine<DistilEngine>(new Worker(new URL('../engine/distil-worker.ts', import.meta.url), { type: 'module' }), failed);
      const { engine, running } = opened;
      await running;
      return { engine };
    },
    failed,
  };
}
