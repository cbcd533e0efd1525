/** Kind of a failed measurement, for callers that act on it. */
export type ScoresErrorKind =
  /** A file that is not there. */
  | 'missing'
  /** A file or set of images that is not what it should be, or sides that cannot be compared. */
  | 'invalid-data'
  /** A path that is neither images nor statistics. */
  | 'unknown-source'
  /** A score of features where only statistics are given. */
  | 'needs-images'
  /** A score that needs other features than the extractor gives. */
  | 'needs-other-features'
  /** An optional package that is not installed. */
  | 'missing-runtime';

/** The error of this package; its message names the file or the side, what was expected and the remedy. */
export class ScoresError extends Error {
  override readonly name = 'ScoresError';

  constructor(
    readonly kind: ScoresErrorKind,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/** Make the error of a file or set that is not what it should be. */
export const invalidData = (message: string, cause?: unknown): ScoresError => new ScoresError('invalid-data', message, cause);

/** Run a measurement; turn its RangeError into a ScoresError about `name`. */
export function checked<T>(name: string, measure: () => T): T {
  try {
    return measure();
  } catch (error) {
    if (error instanceof RangeError) throw invalidData(`${name}: ${error.message}`, error);
    throw error;
  }
}
