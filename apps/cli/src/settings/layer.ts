import type { PlainMap } from '@tract/train/settings';

/** Settings of one source. */
export type Layer = {
  readonly values: PlainMap;
  /** Name the setting at a path, for messages: `digits.yaml:3: network.channels`, `--lr`. */
  readonly nameOf: (path: string) => string;
};
