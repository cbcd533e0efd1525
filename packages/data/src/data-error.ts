/** Fault of a data set: a file is missing or damaged, files do not belong together, or the name is of no data set. */
export type DataErrorKind = 'missing' | 'damaged' | 'mismatch' | 'name';

/** Error of loading data; the message names the file or folder, the reason and the remedy. */
export class DataError extends Error {
  override readonly name = 'DataError';
  readonly kind: DataErrorKind;

  constructor(kind: DataErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
