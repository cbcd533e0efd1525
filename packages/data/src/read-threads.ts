import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { ReadFailure, ReadItem } from './read-images.js';
import type { ReadThreadData, ReadThreadMessage } from './read-thread.js';

/** A thread that reads images has ended of itself: out of memory, or by a bug. `thread` counts from 1. */
export class ReadThreadError extends Error {
  override readonly name = 'ReadThreadError';

  constructor(
    readonly thread: number,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`reading thread ${thread} ended: ${reason}; go on from the last checkpoint, or without reading threads`, options);
  }
}

export type ReadThreads = {
  /** Has images read, in the order of the calls, each call by one thread. @throws ReadThreadError (as a rejection) */
  readonly read: (items: readonly ReadItem[]) => Promise<readonly ReadFailure[]>;
  /** End the threads, whatever they are at. */
  readonly close: () => Promise<void>;
};

type Waiting = { readonly resolve: (failures: readonly ReadFailure[]) => void; readonly reject: (error: Error) => void };

/** Start threads that read images into shared memory. */
export function startReadThreads(count: number, data: ReadThreadData): ReadThreads {
  // The built one, also where this file runs from source, which conditions of the command line ask for: Node runs no TypeScript.
  const script = createRequire(import.meta.url).resolve('@tract/data/read-thread');
  const waiting = new Map<number, Waiting>();
  let broken: Error | undefined;
  const breakDown = (error: Error): void => {
    broken ??= error;
    for (const { reject } of waiting.values()) reject(broken);
    waiting.clear();
  };
  const threads = Array.from({ length: count }, (_, i) => {
    const thread = new Worker(script, { workerData: data, name: `tract reader ${i + 1}`, execArgv: [] });
    const started = new Promise<void>((resolve) => thread.once('message', () => resolve()).once('exit', () => resolve()));
    thread.on('message', (message: ReadThreadMessage) => {
      if (message === 'started') return;
      waiting.get(message.job)?.resolve(message.failures);
      waiting.delete(message.job);
    });
    thread.on('error', (cause) => breakDown(new ReadThreadError(i + 1, cause.message, { cause })));
    thread.on('exit', (code) => breakDown(new ReadThreadError(i + 1, `code ${code}`)));
    // Ended while it loads, a thread would leave the files open that Node's loader is at.
    return { thread, end: async () => void (await started.then(() => thread.terminate())) };
  });
  let jobs = 0;
  const read = (items: readonly ReadItem[]): Promise<readonly ReadFailure[]> =>
    new Promise((resolve, reject) => {
      if (broken) throw broken;
      const job = jobs++;
      waiting.set(job, { resolve, reject });
      threads[job % count].thread.postMessage({ job, items });
    });
  return { read, close: async () => void (await Promise.all(threads.map(({ end }) => end()))) };
}
