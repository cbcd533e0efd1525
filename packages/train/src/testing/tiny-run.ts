import { fileURLToPath } from 'node:url';
import type { RunStore } from '../run-store.js';
import type { TrainOptions } from '../train.js';

type Example = {
  readonly trainTeacher: (store: RunStore, options?: TrainOptions) => Promise<unknown>;
  readonly distilTeacher: (teacher: RunStore, store: RunStore, options?: TrainOptions) => Promise<unknown>;
};

/** The example of the package, which is plain JavaScript. */
export const tinyRun = (): Promise<Example> =>
  import(/* @vite-ignore */ fileURLToPath(new URL('../../examples/tiny-run.mjs', import.meta.url)));
