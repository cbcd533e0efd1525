type ErrorClass = abstract new (...args: never[]) => Error;

/** Processor time that reading one input may take; not the clock, since the machine may be busy with other things. */
const MOST_MICROSECONDS = 1e6;

/** Read bytes that may be anything. @throws Error unless there is a value or an error of the class, soon. */
export async function readDamaged(read: (bytes: Uint8Array) => unknown, bytes: Uint8Array, typed: ErrorClass): Promise<void> {
  const started = process.cpuUsage();
  try {
    await read(bytes);
  } catch (error) {
    if (!(error instanceof typed)) throw error;
  }
  const { user } = process.cpuUsage(started);
  if (user > MOST_MICROSECONDS) throw new Error(`${bytes.length} bytes took ${user / 1e6} s`);
}

/** Largest growth of the process's memory from reading small inputs one after the other. */
const MOST_MEMORY = 64 * 2 ** 20;

/** Run work that reads small inputs one after the other. @throws Error when the process once took 64 MB more than ever before. */
export async function withinMemory(work: () => Promise<void>): Promise<void> {
  const before = process.resourceUsage().maxRSS;
  await work();
  const grown = (process.resourceUsage().maxRSS - before) * 1024;
  if (grown > MOST_MEMORY) throw new Error(`reading small inputs took ${grown} bytes of memory`);
}
