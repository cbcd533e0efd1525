import { WasmUnavailableError } from './errors.js';
import { underNode } from './features.js';

/** What a thread is given (wasm/thread.mjs): addresses of the end of its stack and of its thread-local variables. */
export type ThreadStart = {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly index: number;
  readonly stack: number;
  readonly locals: number;
};

type Thread = { readonly ready: Promise<void>; end(): void };

const failed = (reason: string): WasmUnavailableError =>
  new WasmUnavailableError(`backend-wasm: a thread did not start (${reason}); one thread always does: { threads: 1 }`);

function startUnderNode(workerData: ThreadStart): Thread {
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  const worker = new Worker(new URL('../wasm/thread.mjs', import.meta.url), { workerData, execArgv: [] });
  worker.unref();
  const ready = new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve());
    worker.on('error', (error) => reject(failed(error.message)));
  });
  return { ready, end: () => void worker.terminate() };
}

function startInBrowser(data: ThreadStart): Thread {
  const worker = new Worker(new URL('../wasm/thread.mjs', import.meta.url), { type: 'module' });
  const ready = new Promise<void>((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = ({ message }) => reject(failed(message || 'its script cannot be read'));
  });
  worker.postMessage(data);
  return { ready, end: () => worker.terminate() };
}

/** The workers that share loops with the calling thread. They are started when they are first wanted, and sleep when they are not. */
export class ThreadPool {
  private readonly threads: Thread[] = [];

  /** @param prepare memory and module of the thread of an index, from 1 */
  constructor(private readonly prepare: (index: number) => ThreadStart) {}

  /** Have so many threads beside the caller. They join in when they have started: nothing waits for them. */
  want(count: number): void {
    while (this.threads.length < count) {
      const start = this.prepare(this.threads.length + 1);
      const thread = underNode ? startUnderNode(start) : startInBrowser(start);
      thread.ready.catch(() => {}); // said by whoever waits
      this.threads.push(thread);
    }
  }

  /** Wait until all have started. @throws WasmUnavailableError when one does not. */
  async started(): Promise<void> {
    await Promise.all(this.threads.map(({ ready }) => ready));
  }

  end(): void {
    for (const thread of this.threads) thread.end();
  }
}
