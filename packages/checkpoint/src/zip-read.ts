import { type Fail, failWith, quote } from './checkpoint-error.js';
import { crc32 } from './crc32.js';
import { readZipDirectory, type ZipEntry } from './zip-directory.js';

/** How much deflated entries may inflate to in all: this, and 100 bytes for each byte of the archive. */
const INFLATE_FLOOR = 64 * 2 ** 20;
const INFLATE_RATIO = 100;

/**
 * Reads a zip archive with stored and deflated entries: name → bytes, in the order of its directory; folders are left out.
 * Stored bytes are views of `bytes`. What inflates is measured as it comes, never believed from a header.
 * @throws CheckpointError (as a rejection) for anything that is not a sound archive.
 */
export async function readZip(bytes: Uint8Array, options: { readonly source?: string } = {}): Promise<Map<string, Uint8Array>> {
  const fail = failWith(options.source ?? 'zip');
  const files = new Map<string, Uint8Array>();
  let budget = INFLATE_FLOOR + INFLATE_RATIO * bytes.length;
  for (const entry of readZipDirectory(bytes, fail)) {
    if (entry.name.endsWith('/')) continue;
    const packed = bytes.subarray(entry.begin, entry.end);
    const data = entry.method === 'stored' ? packed : await inflate(packed, entry, budget, fail);
    if (entry.method === 'deflated') budget -= data.length;
    if (crc32(data) !== entry.crc) throw fail('checksum', `entry ${quote(entry.name)} is damaged: its CRC-32 does not match`);
    files.set(entry.name, data);
  }
  return files;
}

/**
 * Reads a zip archive all of whose entries are stored, as PyTorch writes them: name → view of `bytes`. Nothing is inflated, so that
 * nothing can grow.
 * @throws CheckpointError; of kind 'unsupported' for a compressed entry.
 */
export function readStoredZip(bytes: Uint8Array, fail: Fail): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const { name, method, begin, end, crc } of readZipDirectory(bytes, fail)) {
    if (method !== 'stored')
      throw fail('unsupported', `entry ${quote(name)} is compressed; torch.save writes stored entries, save it again`);
    const data = bytes.subarray(begin, end);
    if (crc32(data) !== crc) throw fail('checksum', `entry ${quote(name)} is damaged: its CRC-32 does not match`);
    files.set(name, data);
  }
  return files;
}

async function inflate(packed: Uint8Array, entry: ZipEntry, budget: number, fail: Fail): Promise<Uint8Array> {
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
  return joinChunks(chunks, size);
}

function joinChunks(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const joined = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}
