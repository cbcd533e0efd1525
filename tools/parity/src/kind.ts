import type { Finding } from './compare.js';
import type { GoldenFile } from './golden-file.js';

/** A kind of golden file: how to tell it, by its content alone, and what to compare. */
export type Kind = {
  readonly name: string;
  readonly recognises: (file: GoldenFile) => boolean;
  /** False for what is computed with plain numbers, once, whatever the backend. */
  readonly usesBackend: boolean;
  /** Run ours on the file's inputs on the active backend. At least one finding. @throws when the file or ours cannot be used. */
  readonly check: (file: GoldenFile) => Promise<Finding[]>;
};
