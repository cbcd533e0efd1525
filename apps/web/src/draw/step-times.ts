/** What a teacher of so many steps takes, by what was measured. */
export type StepTimes = {
  readonly add: (images: number, steps: number, ms: number) => void;
  /** Forget everything, as for another device or model. */
  readonly clear: () => void;
  /** Milliseconds for so many images in so many steps, and whether just this was measured; undefined before the first measurement of so many images. */
  readonly of: (images: number, steps: number) => { readonly ms: number; readonly measured: boolean } | undefined;
};

/** Keep measured times; what was not measured is worked out from the longest run of as many images, by its time for a step. */
export function stepTimes(): StepTimes {
  const times = new Map<number, Map<number, number>>();
  return {
    add: (images, steps, ms) => void times.set(images, (times.get(images) ?? new Map<number, number>()).set(steps, ms)),
    clear: () => times.clear(),
    of: (images, steps) => {
      const known = times.get(images);
      if (!known) return undefined;
      const ms = known.get(steps);
      if (ms !== undefined) return { ms, measured: true };
      const longest = Math.max(...known.keys());
      return { ms: (known.get(longest)! / longest) * steps, measured: false };
    },
  };
}
