/** What is wrong with a data set: a file that is not there, one that is damaged, or files that do not belong together. */
export type DataErrorKind = 'missing' | 'damaged' | 'mismatch';

/** The one error that loading data throws; the message names the file or folder, the reason and the remedy. */
export class DataError extends Error {
  override readonly name = 'DataError';
  readonly kind: DataErrorKind;

  constructor(kind: DataErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
