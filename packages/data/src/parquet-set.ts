import { basename } from 'node:path';
import { DataError } from './data-error.js';
import type { ImagesOnDemand, Labels } from './image-set.js';
import { type LeafColumn, type ParquetFooter, type ParquetGroup, readFooter, valuesOf } from './parquet-file.js';
import { numberedPictures, type ShardOptions } from './picture-set.js';
import { withFile } from './random-access-file.js';
import { shardFiles } from './shard-files.js';

const remedy = 'give the parquet files of a data set of the Hub';
const MAX_CLASSES = 2 ** 16;

/** A shard: the columns of images and of classes in each of its row groups. */
type Shard = { readonly file: string; readonly size: number; readonly groups: readonly ParquetGroup[]; readonly image: number };

/**
 * Load parquet shards as the Hub keeps data sets, as one set: the column of images is a structure of `bytes` and `path`, or bytes; that of classes `label`, or
 * the only one that the shards' notes call a class. Classes have the names of those notes, or are the texts of the column in their order. Only footers
 * and the column of classes are read now; of the images a page at a time as they are asked for.
 * @param shards a shard, a folder of the shards of one split, or a pattern such as `data/train-*.parquet`
 * @throws DataError when a shard is missing, damaged or has no images, when a folder holds several splits, or when images have no class and others do.
 */
export function loadParquet(shards: string, { labels = true, ...options }: ShardOptions = {}): ImagesOnDemand {
  const files = shardFiles(shards, '.parquet');
  requireOneSplit(shards, files);
  const opened: Shard[] = [];
  const classes: unknown[] = [];
  let named: readonly string[] | undefined;
  for (const file of files) {
    const damaged = (reason: string): DataError => new DataError('damaged', `${file}: ${reason}; get the file again`);
    withFile(file, remedy, (open) => {
      const footer = readFooter(open, damaged);
      const image = imageColumn(footer, file);
      const label = labels ? labelColumn(footer, file) : undefined;
      if (label !== undefined) named ??= classNamesOf(footer, footer.columns[label]);
      if (label !== undefined)
        for (const { columns } of footer.groups) for (const value of valuesOf(open, columns[label], damaged)) classes.push(value);
      opened.push({ file, size: open.size, groups: footer.groups, image });
    });
  }
  const { count, find } = byRow(opened);
  if (count === 0) throw new DataError('missing', `${shards}: there are no images in it`);
  const name = (index: number): string => {
    const { shard, first } = find(index);
    return `${basename(shard.file)}, row ${index - first}`;
  };
  const place = (index: number) => {
    const { shard, group, row } = find(index);
    return { file: shard.file, part: { column: group.columns[shard.image], row } };
  };
  function* facts(): Generator<string> {
    for (const { file, size, groups } of opened) yield `${size} ${groups.map(({ rows }) => rows)} ${basename(file)}`;
  }
  const labelled = labelsOf(classes, count, named, shards);
  return numberedPictures({ source: shards, count, name, place, leftOut: [], facts, ...labelled }, options);
}

/** Files of the Hub are named by their split: `train-00000-of-00002.parquet`. */
function requireOneSplit(shards: string, files: readonly string[]): void {
  const splits = new Set(files.map((file) => /^(.+)-\d+-of-\d+/.exec(basename(file))?.[1] ?? basename(file).replace(/\d+/g, '')));
  if (splits.size > 1)
    throw new DataError(
      'mismatch',
      `${shards} holds several splits (${[...splits].sort().slice(0, 5).join(', ')}); name the files of one, such as ${files[0].replace(/-\d+-of-\d+.*$/, '-*.parquet')}`,
    );
}

const isText = ({ path }: LeafColumn): boolean => {
  const { converted_type, logical_type } = path[path.length - 1];
  return converted_type === 'UTF8' || logical_type?.type === 'STRING';
};
const typeOf = ({ path }: LeafColumn) => path[path.length - 1].type;
const isFlat = ({ path }: LeafColumn): boolean => path.every(({ repetition_type }) => repetition_type !== 'REPEATED');

function imageColumn({ columns }: ParquetFooter, file: string): number {
  const bytes = columns.filter((column) => isFlat(column) && typeOf(column) === 'BYTE_ARRAY' && !isText(column));
  const inStructure = bytes.filter(({ name }) => name.endsWith('.bytes'));
  const found = inStructure.length > 0 ? inStructure : bytes;
  const usual = found.filter(({ name }) => /^(image|img|jpg|png|webp)(\.bytes)?$/.test(name));
  const [one, ...more] = usual.length > 0 ? usual : found;
  const names = columns
    .map(({ name }) => name)
    .join(', ')
    .slice(0, 200);
  if (!one) throw new DataError('mismatch', `${file}: no column of it holds images as bytes (columns: ${names})`);
  if (more.length > 0)
    throw new DataError(
      'mismatch',
      `${file}: several columns hold images (${[one, ...more].map(({ name }) => name).join(', ')}); keep one, as 'image'`,
    );
  return columns.indexOf(one);
}

/** The features that `datasets` notes in its files, by column. */
type Feature = { readonly _type?: unknown; readonly names?: unknown };

function featuresOf({ notes }: ParquetFooter): Readonly<Record<string, Feature>> {
  try {
    const { info } = JSON.parse(notes.get('huggingface') ?? '{}') as { info?: { features?: Record<string, Feature> } };
    return info?.features ?? {};
  } catch {
    return {}; // a note of someone else
  }
}

const usualLabels = ['label', 'labels', 'fine_label'];
/** Types of numbers that may be classes; pandas makes whole numbers DOUBLE where some are missing. */
const numberTypes: ReadonlySet<string | undefined> = new Set(['INT64', 'INT32', 'BOOLEAN', 'FLOAT', 'DOUBLE']);

/** The column of classes; undefined where there is none. */
function labelColumn(footer: ParquetFooter, file: string): number | undefined {
  const { columns } = footer;
  const usable = columns.filter((column) => isFlat(column) && (numberTypes.has(typeOf(column)) || isText(column)));
  const usual = usualLabels.map((name) => usable.find((column) => column.name === name)).find((column) => column !== undefined);
  if (usual) return columns.indexOf(usual);
  const features = featuresOf(footer);
  const classes = usable.filter(({ name }) => features[name]?._type === 'ClassLabel');
  if (classes.length > 1)
    throw new DataError(
      'mismatch',
      `${file}: several columns are classes (${classes.map(({ name }) => name).join(', ')}); name one of them 'label'`,
    );
  return classes.length === 0 ? undefined : columns.indexOf(classes[0]);
}

function classNamesOf(footer: ParquetFooter, { name }: LeafColumn): readonly string[] | undefined {
  const names = featuresOf(footer)[name]?.names;
  return Array.isArray(names) && names.every((one) => typeof one === 'string') ? names : undefined;
}

type Labelled = { readonly labels: Labels; readonly classNames?: readonly string[] };

function labelsOf(values: readonly unknown[], count: number, named: readonly string[] | undefined, source: string): Labelled {
  const none: Labelled = { labels: new Uint8Array(0) };
  if (values.length === 0) return none;
  if (values.length !== count)
    throw new DataError('mismatch', `${source}: ${values.length} images have a class, ${count - values.length} have none`);
  if (values.every((value) => typeof value === 'string')) {
    const classNames = [...new Set(values as readonly string[])].sort();
    if (classNames.length > MAX_CLASSES) throw new DataError('mismatch', `${source}: ${classNames.length} texts in 'label' are no classes`);
    const numbers = new Map(classNames.map((name, i) => [name, i]));
    return { labels: Uint16Array.from(values as readonly string[], (name) => numbers.get(name)!), classNames };
  }
  const numbers = values.map((value) => (['bigint', 'number', 'boolean'].includes(typeof value) ? Number(value) : Number.NaN));
  // Splits whose classes are kept back have -1 throughout.
  if (numbers.every((label) => label === -1)) return none;
  const wrong = numbers.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < (named?.length ?? MAX_CLASSES)));
  if (wrong >= 0)
    throw new DataError(
      'damaged',
      `${source}, image ${wrong}: its class is ${values[wrong]}, expected 0 to ${(named?.length ?? MAX_CLASSES) - 1}`,
    );
  return { labels: Uint16Array.from(numbers), classNames: named };
}

/** Find the row group of an image by its number. */
function byRow(shards: readonly Shard[]) {
  const starts: number[] = [];
  const places: { readonly shard: Shard; readonly group: ParquetGroup; readonly first: number }[] = [];
  let count = 0;
  for (const shard of shards) {
    const first = count;
    for (const group of shard.groups) {
      starts.push(count);
      places.push({ shard, group, first });
      count += group.rows;
    }
  }
  const find = (index: number) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= index) low = middle;
      else high = middle;
    }
    return { ...places[low], row: index - starts[low] };
  };
  return { count, find };
}
