import { type Remote, wrap } from 'comlink';
import type { Running } from '../backend.js';

/** What every engine can do. */
type Engine = { readonly start: (asked: string | null, page: string) => Promise<Running> };

/** A worker that computes. */
export type OpenEngine<E> = {
  /** Calls may be made at once. */
  readonly engine: Remote<E>;
  /** What computes, once it has started. Rejected when nothing here can. */
  readonly running: Promise<Running>;
  /** End the worker. Calls that it has not answered end with `WorkerClosed`. */
  readonly close: () => void;
};

/** What computes has ended of itself, as where memory is used up. */
class WorkerEnded extends Error {
  override readonly name = 'WorkerEnded';
}

/** The page has ended what computed, and said so before. */
export class WorkerClosed extends Error {
  override readonly name = 'WorkerClosed';
}

/** Tell whether an error says that what computes is gone, its device or its worker. */
export const isGone = (error: unknown): boolean => ['WebGpuDeviceLostError', 'WorkerEnded'].includes((error as Error).name);

/** Start the backend of a worker. `failed` is told when the worker ends. */
export function openEngine<E extends Engine>(worker: Worker, failed: (error: Error) => void): OpenEngine<E> {
  let end!: (error: Error) => void;
  const ended = new Promise<never>((_, reject) => {
    end = reject;
  });
  ended.catch(failed);
  worker.addEventListener('error', ({ message }) => end(new WorkerEnded(message || 'the worker did not start')));
  const close = (): void => {
    worker.terminate();
    end(new WorkerClosed('the worker was ended'));
  };
  // A worker that has ended answers no call, so each ends with it.
  const engine = new Proxy(wrap<E>(worker), {
    get: (remote, name) => {
      const call = Reflect.get(remote, name) as unknown as (...values: unknown[]) => Promise<unknown>;
      return (...values: unknown[]) => Promise.race([call(...values), ended]);
    },
  });
  const asked = new URLSearchParams(location.search).get('backend');
  const running = (engine as unknown as Remote<Engine>).start(asked, document.baseURI);
  return { engine, running, close };
}
