import { type ByteSource, partOf, piecesOf, sourceOf } from './byte-source.js';
import { type Fail, failWith, quote } from './checkpoint-error.js';
import { crc32 } from './crc32.js';
import { joinPieces } from './joined-pieces.js';
import { readZipDirectory, type ZipEntry } from './zip-directory.js';

/** Largest total size of inflated entries: this, and 100 bytes for each byte of the archive. */
const INFLATE_FLOOR = 64 * 2 ** 20;
const INFLATE_RATIO = 100;

/**
 * Read a zip archive with stored and deflated entries: name → bytes, in the order of its directory; folders are left out.
 * Stored bytes of an archive in memory are views of it. What inflates is measured as it comes, never believed from a header.
 * @throws CheckpointError (as a rejection) for anything that is not a sound archive.
 */
export async function readZip(
  input: Uint8Array | ByteSource,
  options: { readonly source?: string } = {},
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const { name, open } of openZip(sourceOf(input), failWith(options.source ?? 'zip'))) {
    const content = await open();
    files.set(name, content.read(0, content.size));
  }
  return files;
}

/** An entry of an archive: `open` gives its content, inflated where it is packed, which is compared with its checksum. */
export type OpenEntry = { readonly name: string; readonly open: () => Promise<ByteSource> };

/** Read the directory of an archive; its files are read one by one as they are opened. @throws CheckpointError */
export function openZip(file: ByteSource, fail: Fail): OpenEntry[] {
  let budget = INFLATE_FLOOR + INFLATE_RATIO * file.size;
  const entries = readZipDirectory(file, fail).filter(({ name }) => !name.endsWith('/'));
  return entries.map((entry) => ({
    name: entry.name,
    open: async () => {
      if (entry.method === 'stored') return storedContent(file, entry, fail, HEAD_BYTES);
      const data = await inflate(file.read(entry.begin, entry.end), entry, budget, fail);
      budget -= data.length;
      if (crc32(data) !== entry.crc) throw damagedEntry(entry, fail);
      return sourceOf(data);
    },
  }));
}

/**
 * Read a zip archive all of whose entries are stored, as PyTorch writes them: name → content. Nothing is inflated, so that
 * nothing can grow. Where every checksum is 0, none was written (`set_crc32_options(False)`), and none is compared.
 * @throws CheckpointError; of kind 'unsupported' for a compressed entry.
 */
export function readStoredZip(file: ByteSource, fail: Fail, check: (names: readonly string[]) => void = () => {}): Map<string, ByteSource> {
  const entries = readZipDirectory(file, fail);
  check(entries.map(({ name }) => name));
  const isChecked = entries.some(({ crc }) => crc !== 0);
  const files = new Map<string, ByteSource>();
  for (const entry of entries) {
    if (entry.method !== 'stored')
      throw fail('unsupported', `entry ${quote(entry.name)} is compressed; torch.save writes stored entries, save it again`);
    files.set(entry.name, isChecked ? storedContent(file, entry, fail, 0) : partOf(file, entry.begin, entry.end));
  }
  return files;
}

const damagedEntry = ({ name }: ZipEntry, fail: Fail) => fail('checksum', `entry ${quote(name)} is damaged: its CRC-32 does not match`);

/** Bytes at the beginning of an entry that may be looked at before the whole is compared with its checksum: the header of an array. */
const HEAD_BYTES = 2 ** 14;

/** The content of a stored entry, compared with its checksum: now where it is in memory, else before anything behind its first `head` bytes is given. */
function storedContent(file: ByteSource, entry: ZipEntry, fail: Fail, head: number): ByteSource {
  const content = partOf(file, entry.begin, entry.end);
  let isSound = false;
  const check = (): void => {
    let crc = 0;
    for (const piece of piecesOf(content)) crc = crc32(piece, crc);
    if (crc !== entry.crc) throw damagedEntry(entry, fail);
    isSound = true;
  };
  if (content.bytes) {
    check();
    return content;
  }
  const read = (begin: number, end: number): Uint8Array => {
    if (begin === 0 && end === content.size && !isSound) {
      const bytes = content.read(begin, end);
      if (crc32(bytes) !== entry.crc) throw damagedEntry(entry, fail);
      isSound = true;
      return bytes;
    }
    if (!isSound && end > head) check();
    return content.read(begin, end);
  };
  return { size: content.size, read };
}

/** Bytes of the longest array that every supported version of Node can make. */
const MAX_IN_MEMORY = 2 ** 32 - 1;

async function inflate(packed: Uint8Array, entry: ZipEntry, budget: number, fail: Fail): Promise<Uint8Array> {
  if (entry.size > MAX_IN_MEMORY)
    throw fail(
      'too-large',
      `entry ${quote(entry.name)} inflates to ${entry.size} bytes, more than memory takes at once; store it uncompressed, as np.savez does, and it is read in parts`,
    );
  if (entry.size > budget)
    throw fail(
      'too-large',
      `entry ${quote(entry.name)} inflates to ${entry.size} bytes, ${budget} are allowed for an archive of this size`,
    );
  const stream = new DecompressionStream('deflate-raw');
  const writer = stream.writable.getWriter();
  // Both promises reject again with what the reader reports, and never settle once it is cancelled: handled, not awaited.
  void Promise.allSettled([writer.write(packed), writer.close()]);
  const reader = stream.readable.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      chunks.push(chunk.value);
      size += chunk.value.length;
      if (size > entry.size) break;
    }
    await reader.cancel();
  } catch (cause) {
    throw fail('checksum', `entry ${quote(entry.name)} does not inflate`, cause);
  }
  if (size !== entry.size)
    throw fail(
      'size-mismatch',
      `entry ${quote(entry.name)} should inflate to ${entry.size} bytes, it gives ${size > entry.size ? 'more' : size}`,
    );
  return joinPieces({ size, pieces: chunks });
}
