import { readRun, serveRun } from '@tract/train/node';
import { usageError } from '../errors.js';
import type { Io } from '../io.js';

export type WatchOptions = { readonly port: number };

/** Serve the page of a run until a signal ends it; its address is printed when it can be opened. */
export async function watch(io: Io, run: string, { port }: WatchOptions): Promise<void> {
  readRun(run); // refuses what is no run now, not on the page
  const { url, close } = await serveRun(run, port).catch((error: Error) => {
    throw usageError(`--port ${port} cannot be listened on: ${error.message}; choose another one, or 0 for any`);
  });
  io.out(`${url}\n`);
  await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve);
  });
  await close();
}
