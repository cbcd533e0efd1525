import { reasonOf } from '@tract/checkpoint';

/** 'checkpoint': the file is not what it should be. 'request': the options do not go with it or with each other. */
export type ConvertErrorKind = 'checkpoint' | 'request';

/** The option that would help, and for hints an example. */
export type Remedy =
  | { readonly option: 'hints'; readonly example: Readonly<Record<string, unknown>> }
  | { readonly option: 'part' | 'format' };

/** A checkpoint cannot be converted, or not so. `fact` is the message without its remedy, for callers whose options have other names. */
export class ConvertError extends Error {
  override readonly name = 'ConvertError';

  constructor(
    readonly kind: ConvertErrorKind,
    readonly fact: string,
    readonly remedy?: Remedy,
    options?: ErrorOptions,
  ) {
    super(remedy === undefined ? fact : `${fact}; ${adviceOf(remedy)}`, options);
  }
}

const adviceOf = (remedy: Remedy): string =>
  remedy.option === 'hints' ? `give hints such as ${JSON.stringify(remedy.example)}` : `choose one by the option '${remedy.option}'`;

/** Say that a file is not what it should be. */
export const badCheckpoint = (fact: string, remedy?: Remedy, cause?: unknown): ConvertError =>
  new ConvertError('checkpoint', fact, remedy, { cause });

/** Say that options cannot be followed. */
export const badRequest = (fact: string, remedy?: Remedy): ConvertError => new ConvertError('request', fact, remedy);

/** Run `work` and turn a RangeError or TypeError of a library into a ConvertError that names the checkpoint. */
export function naming<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) throw badCheckpoint(`${name}: ${reasonOf(error)}`, undefined, error);
    throw error;
  }
}
