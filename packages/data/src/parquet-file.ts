import { type FileMetaData, parquetMetadata, type SchemaElement } from 'hyparquet';
import { decodePage, type PageValues, type ParquetColumn, pagesOf } from './parquet-page.js';
import { checkThrift } from './parquet-thrift.js';
import type { Damaged, RandomAccessFile } from './random-access-file.js';

/** The footer of a parquet file: its leaf columns by path, row groups, and what its writer noted. */
export type ParquetFooter = {
  readonly columns: readonly LeafColumn[];
  readonly groups: readonly ParquetGroup[];
  readonly notes: ReadonlyMap<string, string>;
};

/** A column of values, by the elements of the schema from the root down to it. */
export type LeafColumn = { readonly name: string; readonly path: readonly SchemaElement[] };

/** A row group: its columns in the order of the footer's. */
export type ParquetGroup = { readonly rows: number; readonly columns: readonly ParquetColumn[] };

/** 256 MB: a row group takes a few hundred bytes of it. */
const MAX_FOOTER = 2 ** 28;
const END = 8;

/** Read the footer of a parquet file; of the rest nothing. @throws DataError from `damaged` */
export function readFooter(file: RandomAccessFile, damaged: Damaged): ParquetFooter {
  if (file.size < 12) throw damaged('not a parquet file, or cut off');
  const end = file.take(file.size - END, END, damaged);
  if (end.getUint32(4, true) !== 0x31524150) throw damaged('not a parquet file, or cut off: it does not end with PAR1');
  const length = end.getUint32(0, true);
  if (length > MAX_FOOTER || length > file.size - END) throw damaged(`a footer of ${length} bytes in ${file.size}`);
  const view = file.take(file.size - END - length, length + END, damaged);
  try {
    if (checkThrift(view) > length) throw new RangeError('it runs past its end');
    return footerOf(parquetMetadata(new Uint8Array(view.buffer), { geoparquet: false }), file.size);
  } catch (cause) {
    throw damaged(`its footer is none (${(cause as Error).message})`);
  }
}

function footerOf({ schema, row_groups, key_value_metadata }: FileMetaData, fileSize: number): ParquetFooter {
  const columns = leavesOf(schema);
  const groups = row_groups.map((group): ParquetGroup => {
    const rows = Number(group.num_rows);
    // An image takes more than a byte.
    if (!(rows >= 0 && rows <= fileSize)) throw new RangeError(`a row group of ${rows} rows in ${fileSize} bytes`);
    if (group.columns.length !== columns.length) throw new RangeError(`${group.columns.length} columns, expected ${columns.length}`);
    return {
      rows,
      columns: group.columns.map(({ meta_data: about, file_path: elsewhere }, i) => columnOf(about, elsewhere, columns[i], rows)),
    };
  });
  const notes = (key_value_metadata ?? []).map(({ key, value }) => [key, value ?? ''] as const);
  return { columns, groups, notes: new Map(notes) };
}

type Group = FileMetaData['row_groups'][number];

function columnOf(
  about: Group['columns'][number]['meta_data'],
  elsewhere: string | undefined,
  leaf: LeafColumn,
  rows: number,
): ParquetColumn {
  if (!about || elsewhere !== undefined) throw new RangeError(`column '${leaf.name}' is in another file, or encrypted`);
  const starts = [about.data_page_offset, about.dictionary_page_offset].flatMap((at) => (at ? [Number(at)] : []));
  const [offset, length] = [Math.min(...starts), Number(about.total_compressed_size)];
  if (!(offset >= 4 && length >= 0)) throw new RangeError(`column '${leaf.name}' has no place`);
  const path = leaf.path.map(({ name, type, repetition_type, converted_type, logical_type }) => ({
    ...{ name, type, repetition_type, converted_type, logical_type },
  }));
  return { offset, length, rows, codec: about.codec, type: about.type, path };
}

function leavesOf(schema: readonly SchemaElement[]): LeafColumn[] {
  const leaves: LeafColumn[] = [];
  let next = 0;
  const visit = (above: readonly SchemaElement[]): void => {
    const element = schema[next++];
    if (!element || above.length > 32) throw new RangeError('its schema is cut off, or nests too deep');
    const path = [...above, element];
    if (!element.num_children)
      leaves.push({
        name: path
          .slice(1)
          .map(({ name }) => name)
          .join('.'),
        path,
      });
    else for (let i = 0; i < element.num_children; i++) visit(path);
  };
  visit([]);
  if (next !== schema.length) throw new RangeError('its schema has more than one root');
  return leaves;
}

/** Read all values of a column, a single value in structures as it is. @throws DataError from `damaged` */
export function* valuesOf(file: RandomAccessFile, column: ParquetColumn, damaged: Damaged): Generator<unknown> {
  let dictionary: PageValues | undefined;
  for (const page of pagesOf(file, column, damaged)) {
    const values = decodePage(file, page, column, dictionary, damaged);
    if (page.header.type === 'DICTIONARY_PAGE') dictionary = values;
    else for (let i = 0; i < page.rows; i++) yield leafValue(values[i]);
  }
}

/** Take a value out of the lists that stand for the structures around it. */
export function leafValue(value: unknown): unknown {
  let inner = value;
  while (Array.isArray(inner)) inner = inner[0];
  return inner;
}
