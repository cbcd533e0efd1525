type Task = (signal: AbortSignal) => Promise<void>;

/**
 * Run tasks one after the other. A new one asks the running one to stop and takes the place of any that waits, so that a slider may fire as often
 * as it likes. `failed` receives errors.
 */
export function oneAtATime(failed: (error: unknown) => void): { start(task: Task): void; stop(): void } {
  let running: AbortController | undefined;
  let waiting: Task | undefined;
  const run = async (task: Task): Promise<void> => {
    for (let next: Task | undefined = task; next !== undefined; next = take()) {
      running = new AbortController();
      try {
        await next(running.signal);
      } catch (error) {
        failed(error);
      }
    }
    running = undefined;
  };
  const take = (): Task | undefined => {
    const task = waiting;
    waiting = undefined;
    return task;
  };
  return {
    start(task) {
      if (running === undefined) void run(task);
      else {
        waiting = task;
        running.abort();
      }
    },
    stop() {
      waiting = undefined;
      running?.abort();
    },
  };
}
