/** Clock of the time that updates take, and of the part of it that is spent waiting for data. */
export type WaitClock = {
  /** Begin an update by waiting for a promise. */
  readonly waiting: <T>(promise: Promise<T>) => Promise<T>;
  /** End the update; the time until the next one is not counted. */
  readonly updated: () => void;
  /** Fraction of the time of the updates since `reset` that was spent waiting, in [0, 1]; four decimal places. */
  readonly fraction: () => number;
  readonly reset: () => void;
};

/** @param now milliseconds; for tests. */
export function waitClock(now: () => number = () => performance.now()): WaitClock {
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
    fraction: () => (whole > 0 ? Number((waited / whole).toFixed(4)) : 0),
    reset: () => {
      [waited, whole] = [0, 0];
    },
  };
}
