/** A watch of the time that updates take, and of how much of it is spent waiting. */
export type WaitingWatch = {
  /** Begins an update, with waiting until the promise is settled. */
  readonly waiting: <T>(promise: Promise<T>) => Promise<T>;
  /** Ends it; what lies between it and the next one is not counted. */
  readonly updated: () => void;
  /** Share of the time of the updates since `reset` that was spent waiting, in [0, 1]; four decimal places. */
  readonly share: () => number;
  readonly reset: () => void;
};

/** @param now milliseconds; for tests */
export function waitingWatch(now: () => number = () => performance.now()): WaitingWatch {
  let [began, waited, whole] = [0, 0, 0];
  return {
    waiting: async (promise) => {
      began = now();
      const value = await promise;
      waited += now() - began;
      return value;
    },
    updated: () => {
      whole += now() - began;
    },
    share: () => (whole > 0 ? Number((waited / whole).toFixed(4)) : 0),
    reset: () => {
      [waited, whole] = [0, 0];
    },
  };
}
