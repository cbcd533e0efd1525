import type { CompressionCodec, PageHeader, ParquetType, SchemaElement } from 'hyparquet';
import { parquetHeader, readPage } from 'hyparquet/src/column.js';
import { convert, DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { compressors, decompressZstd } from 'hyparquet-compressors';
import { checkThrift } from './parquet-thrift.js';
import type { Damaged, RandomAccessFile } from './random-access-file.js';

/** A column of one row group: where its pages lie, and how they are written. Plain data. */
export type ParquetColumn = {
  readonly offset: number;
  readonly length: number;
  readonly rows: number;
  readonly codec: CompressionCodec;
  readonly type: ParquetType;
  /** Elements of the schema from the root down to the column. */
  readonly path: readonly Pick<SchemaElement, 'name' | 'type' | 'repetition_type' | 'converted_type' | 'logical_type'>[];
};

/** A page of a column that holds rows, or its dictionary. */
export type ParquetPage = { readonly header: PageHeader; readonly offset: number; readonly firstRow: number; readonly rows: number };

/** Rows of one page, each value taking memory while it is decoded. */
const MAX_ROWS = 2 ** 22;
/** A page may unpack to this, and to 1000 times its own size, as far as one array goes. */
const UNPACK_FLOOR = 2 ** 20;
const UNPACK_RATIO = 1000;
const MAX_PAGE = 2 ** 30;
/** Bytes that are read for a page's header, from which a longer one is read again: it may hold values as statistics. */
const headerBytes = [2 ** 11, 2 ** 15, 2 ** 20];

/** List the pages of a column by their headers; the pages themselves are not read. @throws DataError from `damaged` */
export function pagesOf(file: RandomAccessFile, column: ParquetColumn, damaged: Damaged): ParquetPage[] {
  const pages: ParquetPage[] = [];
  const end = column.offset + column.length;
  let firstRow = 0;
  for (let at = column.offset; at < end && firstRow < column.rows; ) {
    const { header, length } = headerAt(file, at, end, damaged);
    const rows = header.data_page_header?.num_values ?? header.data_page_header_v2?.num_values ?? 0;
    const [packed, unpacked] = [header.compressed_page_size, header.uncompressed_page_size];
    const isSound = [packed, unpacked, rows].every((count) => Number.isInteger(count) && count >= 0);
    if (!isSound || packed > end - at - length || unpacked > Math.min(MAX_PAGE, UNPACK_FLOOR + UNPACK_RATIO * packed) || rows > MAX_ROWS)
      throw damaged(`a page of ${rows} rows in ${packed} bytes, ${unpacked} unpacked, is not read`);
    pages.push({ header, offset: at + length, firstRow, rows });
    at += length + packed;
    firstRow += rows;
  }
  if (firstRow !== column.rows) throw damaged(`its pages hold ${firstRow} rows, expected ${column.rows}`);
  return pages;
}

function headerAt(
  file: RandomAccessFile,
  at: number,
  end: number,
  damaged: Damaged,
): { readonly header: PageHeader; readonly length: number } {
  for (const bytes of headerBytes) {
    const view = file.take(at, Math.min(bytes, end - at), damaged);
    try {
      const length = checkThrift(view);
      return { header: parquetHeader({ view, offset: 0 }), length };
    } catch (cause) {
      const isWhole = view.byteLength === end - at || bytes === headerBytes[headerBytes.length - 1];
      if (isWhole) throw damaged(`the header of a page is none (${(cause as Error).message})`);
    }
  }
  throw damaged('a page has no header');
}

/** Values of a page by row; null where there is none. Those of a dictionary by number. */
export type PageValues = ArrayLike<unknown>;

/**
 * Decode a page.
 * @param dictionary values of the column's dictionary, where it has one.
 * @throws DataError from `damaged`
 */
export function decodePage(
  file: RandomAccessFile,
  { header, offset, rows }: ParquetPage,
  column: ParquetColumn,
  dictionary: PageValues | undefined,
  damaged: Damaged,
): PageValues {
  const packed = new Uint8Array(file.take(offset, header.compressed_page_size, damaged).buffer);
  try {
    const { bytes, levels } = unpack(packed, header, column.codec);
    requireDecodable(bytes, levels, header, column);
    // hyparquet's reader gets the page as it is when unpacked.
    const plain = { ...header, compressed_page_size: bytes.length, uncompressed_page_size: bytes.length };
    if (plain.data_page_header_v2) plain.data_page_header_v2 = { ...plain.data_page_header_v2, is_compressed: false };
    const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset: 0 };
    const element = column.path[column.path.length - 1];
    const schemaPath = column.path.map((one) => ({ element: one, children: [], count: 1, path: [] }));
    const decoder = {
      pathInSchema: [],
      type: column.type,
      element,
      schemaPath,
      codec: 'UNCOMPRESSED',
      parsers: DEFAULT_PARSERS,
      utf8: false,
    };
    const { data } = readPage(reader, plain, decoder as never, dictionary as never, undefined, 0);
    if (header.type === 'DICTIONARY_PAGE') return convert(data ?? [], decoder as never);
    if (data?.length !== rows) throw new RangeError(`decodes to ${data?.length} rows, expected ${rows}`);
    return data;
  } catch (cause) {
    throw damaged(`a page does not decode (${(cause as Error).message})`);
  }
}

type Unpacked = {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Length of the levels, if the header says it. */
  readonly levels: number | undefined;
};

/** Unpack a page; in version 2 the levels stand before it as they are. */
function unpack(packed: Uint8Array<ArrayBuffer>, header: PageHeader, codec: CompressionCodec): Unpacked {
  const v2 = header.data_page_header_v2;
  const levels = v2 && v2.definition_levels_byte_length + v2.repetition_levels_byte_length;
  if (levels !== undefined && !(Number.isInteger(levels) && levels >= 0 && levels <= packed.length))
    throw new RangeError(`levels of ${levels} bytes`);
  if (codec === 'UNCOMPRESSED' || v2?.is_compressed === false) return { bytes: packed, levels };
  const size = header.uncompressed_page_size - (levels ?? 0);
  const body = packed.subarray(levels ?? 0);
  const decompress =
    codec === 'ZSTD' ? (bytes: Uint8Array, length: number) => decompressZstd(bytes, new Uint8Array(length)) : compressors[codec];
  if (!decompress) throw new RangeError(`packed by ${codec}, which is not read`);
  const unpacked = size === 0 ? new Uint8Array(0) : decompress(body, size);
  if (unpacked.length !== size) throw new RangeError(`unpacks to ${unpacked.length} bytes, expected ${size}`);
  if (!levels) return { bytes: Uint8Array.from(unpacked), levels };
  const bytes = new Uint8Array(levels + size);
  bytes.set(packed.subarray(0, levels));
  bytes.set(unpacked, levels);
  return { bytes, levels };
}

/** Check what hyparquet's reader takes on trust: runs that are longer than the page, and more values than its bytes can be. */
function requireDecodable(bytes: Uint8Array, levels: number | undefined, header: PageHeader, { type, path }: ParquetColumn): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const data = header.data_page_header ?? header.data_page_header_v2;
  const least = type === 'INT64' ? 8 : 4;
  if (!data) {
    const count = header.dictionary_page_header?.num_values ?? 0;
    if (!(Number.isInteger(count) && count >= 0 && count * least <= bytes.length))
      throw new RangeError(`a dictionary of ${count} values in ${bytes.length} bytes`);
    return;
  }
  const depth = path.slice(1).filter(({ repetition_type }) => repetition_type !== 'REQUIRED').length;
  let at = levels ?? 0;
  if (depth > 0 && levels === undefined) {
    const length = view.getUint32(0, true);
    at = 4 + length;
    requireRuns(view, 4, at, 32 - Math.clz32(depth), data.num_values);
  } else if (depth > 0) requireRuns(view, 0, at, 32 - Math.clz32(depth), data.num_values);
  if (data.encoding === 'PLAIN') return;
  if (data.encoding !== 'PLAIN_DICTIONARY' && data.encoding !== 'RLE_DICTIONARY')
    throw new RangeError(`written as ${data.encoding}, PLAIN and dictionaries are read`);
  const width = view.getUint8(at);
  if (width > 32) throw new RangeError(`indices of ${width} bits`);
  if (width > 0) requireRuns(view, at + 1, view.byteLength, width, data.num_values);
}

/** Walk runs of the RLE and bit-packed hybrid up to so many values. @throws RangeError when they are longer, or their bytes are not there */
function requireRuns(view: DataView, begin: number, end: number, width: number, count: number): void {
  if (end > view.byteLength) throw new RangeError(`levels up to byte ${end} of ${view.byteLength}`);
  let [at, seen] = [begin, 0];
  while (seen < count && at < end) {
    let [head, scale] = [0, 1];
    for (let byte = 128; byte >= 128; scale *= 128) {
      byte = view.getUint8(at++);
      head += (byte & 127) * scale;
      if (scale > 2 ** 28) throw new RangeError('a run of more than 32 bits');
    }
    const isPacked = head % 2 === 1;
    const run = Math.floor(head / 2) * (isPacked ? 8 : 1);
    at += isPacked ? (run / 8) * width : Math.ceil(width / 8);
    seen += run;
    // Packed runs are filled up to eights, and the last may lack bytes that no value needs; those of DuckDB to hundreds, whose bytes are there.
    const isFilled = isPacked && (seen <= count + 7 || at <= end);
    if (run === 0 || (seen > count && !isFilled)) throw new RangeError(`runs of ${seen} values, expected ${count}`);
  }
}
