import { leafValue } from './parquet-file.js';
import { decodePage, type PageValues, type ParquetColumn, type ParquetPage, pagesOf } from './parquet-page.js';
import type { Damaged, RandomAccessFile } from './random-access-file.js';

/** One value of a column of bytes. Plain data. */
export type ParquetPart = { readonly column: ParquetColumn; readonly row: number };

/** Bytes of decoded pages that a reader keeps, at least one page: pages hold many images, which are asked for in any order. */
const KEPT_BYTES = 2 ** 27;

type Opened = { readonly pages: readonly ParquetPage[]; readonly dictionary: PageValues | undefined };

/** Make a reader of single values that keeps the pages that it decoded last. It reads no more of a file than the pages that it is asked for. */
export function parquetReader(): (file: RandomAccessFile, path: string, part: ParquetPart, damaged: Damaged) => Uint8Array {
  const opened = new Map<string, Opened>();
  const decoded = new Map<string, { readonly values: PageValues; readonly bytes: number }>();
  let kept = 0;

  const open = (file: RandomAccessFile, key: string, column: ParquetColumn, damaged: Damaged): Opened => {
    const pages = pagesOf(file, column, damaged);
    const first = pages.find(({ header }) => header.type === 'DICTIONARY_PAGE');
    const one = { pages: pages.filter(({ rows }) => rows > 0), dictionary: first && decodePage(file, first, column, undefined, damaged) };
    opened.set(key, one);
    return one;
  };

  const valuesAt = (file: RandomAccessFile, key: string, page: ParquetPage, column: ParquetColumn, known: Opened, damaged: Damaged) => {
    const name = `${key}:${page.offset}`;
    const found = decoded.get(name);
    decoded.delete(name);
    const one = found ?? {
      values: decodePage(file, page, column, known.dictionary, damaged),
      bytes: page.header.uncompressed_page_size,
    };
    decoded.set(name, one); // the last of them is the one that was used last
    if (!found) kept += one.bytes;
    for (const [old, { bytes }] of decoded) {
      if (kept <= KEPT_BYTES || old === name) break;
      decoded.delete(old);
      kept -= bytes;
    }
    return one.values;
  };

  return (file, path, { column, row }, damaged) => {
    const key = `${path}:${column.offset}`;
    const known = opened.get(key) ?? open(file, key, column, damaged);
    const page = known.pages.find(({ firstRow, rows }) => row < firstRow + rows);
    if (!page) throw damaged('its page is missing');
    const value = leafValue(valuesAt(file, key, page, column, known, damaged)[row - page.firstRow]);
    if (!(value instanceof Uint8Array)) throw damaged('has no image bytes: the value is empty');
    return value;
  };
}
