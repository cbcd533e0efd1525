type ErrorClass = abstract new (...args: never[]) => Error;

/** Processor time that reading one input may take; not the clock, since the machine may be busy with other things. */
const MOST_MICROSECONDS = 1e6;
/** Bytes by which reading one small input may take the process above all that it ever took. */
const MOST_MEMORY = 64 * 2 ** 20;

const peakBytes = (): number => process.resourceUsage().maxRSS * 1024;

/** Read bytes that may be anything. @throws Error unless there is a value or an error of the class, soon, and without much memory. */
export async function readDamaged(read: (bytes: Uint8Array) => unknown, bytes: Uint8Array, typed: ErrorClass): Promise<void> {
  const [started, before] = [process.cpuUsage(), peakBytes()];
  try {
    await read(bytes);
  } catch (error) {
    if (!(error instanceof typed)) throw error;
  }
  const { user } = process.cpuUsage(started);
  if (user > MOST_MICROSECONDS) throw new Error(`${bytes.length} bytes took ${user / 1e6} s`);
  const grown = peakBytes() - before;
  if (grown > MOST_MEMORY) throw new Error(`${bytes.length} bytes took ${grown} bytes of memory`);
}

/** Growth of the process over any number of small inputs: what V8 lets lie before it collects, and no more. */
const MOST_LEFT = 4 * MOST_MEMORY;

/** Run work that reads small inputs one after the other. @throws Error when the process keeps what it read */
export async function withinMemory(work: () => Promise<void>): Promise<void> {
  const before = peakBytes();
  await work();
  const grown = peakBytes() - before;
  if (grown > MOST_LEFT) throw new Error(`reading small inputs one after the other took ${grown} bytes of memory`);
}
