import { type ByteSource, sourceOf } from './byte-source.js';
import { failWith, quote } from './checkpoint-error.js';
import type { Pieces } from './joined-pieces.js';
import { joinPieces } from './joined-pieces.js';
import type { NamedArray } from './named-array.js';
import { npyHeaderOf, npyPieces, readNpy } from './npy.js';
import { openZip } from './zip-read.js';
import { zipPieces } from './zip-write.js';

export type ReadNpzOptions = {
  /** Name of the file in error messages. */
  readonly source?: string;
  /** Arrays to be read; what else the archive holds may be of any type. Default: all. */
  readonly only?: readonly string[];
};

const ENDING = '.npy';

/**
 * Read NumPy's archive of arrays, plain (`savez`) or compressed (`savez_compressed`): name → array, in the order of the archive. Plain arrays
 * of a source that is not in memory are read when their `data` is asked for.
 * @throws CheckpointError (as a rejection)
 */
export async function readNpz(input: Uint8Array | ByteSource, options: ReadNpzOptions = {}): Promise<Map<string, NamedArray>> {
  const source = options.source ?? 'npz';
  const arrays = new Map<string, NamedArray>();
  for (const { name: entry, open } of openZip(sourceOf(input), failWith(source))) {
    const isArray = entry.endsWith(ENDING);
    const name = isArray ? entry.slice(0, -ENDING.length) : entry;
    if (options.only && !options.only.includes(name)) continue;
    if (!isArray) throw failWith(source)('invalid-name', `entry ${quote(entry)} is not an npy file`);
    arrays.set(name, readNpy(await open(), { source: `${source}, array ${quote(name)}` }));
  }
  return arrays;
}

/** List the arrays of an npz file, in the order of the archive. @throws CheckpointError */
export const npzNames = (input: Uint8Array | ByteSource, options: { readonly source?: string } = {}): string[] =>
  openZip(sourceOf(input), failWith(options.source ?? 'npz')).map(({ name }) =>
    name.endsWith(ENDING) ? name.slice(0, -ENDING.length) : name,
  );

type Entries = Iterable<readonly [name: string, array: NamedArray]>;

/**
 * Write arrays as an uncompressed npz file that `numpy.load` reads; the same arrays in the same order give the same bytes.
 * @throws CheckpointError of kind 'unsupported' for BF16 and F8, which NumPy has no names for.
 */
export const writeNpz = (entries: Entries): Uint8Array => joinPieces(npzPieces(entries));

/** Write the same file piece by piece, with one array in memory at a time. */
export const npzPieces = (entries: Entries): Pieces =>
  zipPieces(
    Array.from(entries, ([name, array]) => {
      const header = npyHeaderOf(array);
      return { name: `${name}${ENDING}`, size: header.length + header.dataBytes, pieces: () => npyPieces(array) };
    }),
  );
