import { constants } from 'node:buffer';
import { gunzipSync } from 'node:zlib';
import { DataError } from './data-error.js';

/** A gzip file may inflate to this, and 100 times its own size, as far as one array goes; MNIST's images inflate to 4.7 times theirs. */
const INFLATE_FLOOR = 64 * 2 ** 20;
const INFLATE_RATIO = 100;

/** The bytes of a file, inflated where it is gzip. @throws DataError naming `source` for damaged gzip and for what inflates without end. */
export function gunzip(bytes: Uint8Array, source: string): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const damaged = (reason: string) => new DataError('damaged', `${source}: ${reason}; get the file again`);
  let result: { buffer: Buffer; engine: { bytesWritten: number } };
  try {
    // With `info` the result also says how much of the input was used; the type declarations do not know.
    const maxOutputLength = Math.min(INFLATE_FLOOR + INFLATE_RATIO * bytes.length, constants.MAX_LENGTH);
    const options = { maxOutputLength, info: true };
    result = gunzipSync(bytes, options) as unknown as typeof result;
  } catch (cause) {
    const tooLarge = (cause as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE';
    throw damaged(tooLarge ? 'it inflates to more than 100 times its size' : `it does not inflate (${(cause as Error).message})`);
  }
  if (result.engine.bytesWritten !== bytes.length) throw damaged(`${bytes.length - result.engine.bytesWritten} bytes follow the gzip data`);
  return result.buffer;
}
