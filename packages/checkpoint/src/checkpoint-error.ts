/** Kind of fault of a file, for callers that act on it (skip it, try an older one, ask for another export). */
export type CheckpointErrorKind =
  /** The file ends before the bytes that it promises. */
  | 'truncated'
  /** The file goes on after its last promised byte. */
  | 'trailing-bytes'
  /** A number in the file is beyond what we agree to read: header length, count of entries, inflated size. */
  | 'too-large'
  /** The header is not what the format says. */
  | 'invalid-header'
  /** A tensor name, entry name or key that is missing, too long, unsafe or not well-formed text. */
  | 'invalid-name'
  /** A name that occurs twice. */
  | 'duplicate-name'
  /** Byte count, shape and type do not agree. */
  | 'size-mismatch'
  /** Byte ranges overlap, leave holes or run backwards. */
  | 'invalid-layout'
  /** The bytes are not those that were written. */
  | 'checksum'
  /** A valid file that uses a feature which we do not read. */
  | 'unsupported'
  /** A value inside the file is not what the format says there: a malformed pickle or msgpack, a tensor beyond its storage. */
  | 'invalid-content'
  /** A pickle asks for a function or class that is not on our list; nothing was run. */
  | 'forbidden'
  /** `config.json` of a model folder is missing something or holds something else. */
  | 'invalid-config';

/** The one error that reading a file of this package throws. The message names the source, what was expected and what came. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
  readonly kind: CheckpointErrorKind;

  constructor(kind: CheckpointErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** A name from a file as messages show it: short, and without the control characters that would reach a terminal. */
export const quote = (name: string): string => JSON.stringify(name.slice(0, 80));

/** Make the errors of one file: `source` is how messages call it. */
export const failWith =
  (source: string) =>
  (kind: CheckpointErrorKind, message: string, cause?: unknown): CheckpointError =>
    new CheckpointError(kind, `${source}: ${message}`, cause === undefined ? undefined : { cause });

export type Fail = ReturnType<typeof failWith>;

/** Return what an error says without the function of ours that says it, with whose name a RangeError or TypeError begins: whoever reads it has called none. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const names = error instanceof RangeError || error instanceof TypeError;
  return names ? error.message.replace(/^[A-Za-z]\w*: /, '') : error.message;
}
