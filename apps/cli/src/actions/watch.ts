import type { Io } from '../io.js';
import { serveRun } from '../monitoring/live-server.js';
import { readRun } from '../monitoring/run-record.js';

export type WatchOptions = { readonly port: number };

/** Serves the page until a signal ends it; its address is printed when it can be opened. */
export async function watch(io: Io, run: string, { port }: WatchOptions): Promise<void> {
  readRun(run); // which refuses what is no run now, not on the page
  const { url, close } = await serveRun(run, port);
  io.out(`${url}\n`);
  await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve);
  });
  await close();
}
