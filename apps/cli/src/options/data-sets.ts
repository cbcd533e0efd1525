import { type ImageSet, loadCifar10, loadImageFolder, loadImageNet64, loadImageZip, loadMnist } from '@tract/data';
import { usageError } from '../errors.js';
import { didYouMean } from './near-miss.js';

/** A data set on the command line: NAME[:PART][=PATH]. */
type SetSpec = { readonly name: string; readonly part?: string; readonly path?: string };

/** How a set is opened. */
type LoadOptions = { readonly maxBadSamples?: number };

type Kind = {
  /** How it is written, in messages and help. */
  readonly form: string;
  /** Its parts, the first being the one that is meant where none is given; or a size to crop to. */
  readonly parts: readonly string[] | 'size';
  readonly needsPath: boolean;
  readonly load: (part: string | undefined, path: string, options: LoadOptions) => ImageSet | Promise<ImageSet>;
};

const kinds: Readonly<Record<string, Kind>> = {
  mnist: {
    form: 'mnist:train|test[=DIR]',
    parts: ['train', 'test'],
    needsPath: false,
    // TRACT_MNIST names another folder with the same idx files.
    load: (part, path) => loadMnist(part as 'train' | 'test', path || process.env.TRACT_MNIST),
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
    form: 'folder[:SIZE]=DIR',
    parts: 'size',
    needsPath: true,
    load: (part, path, options) => loadImageFolder(path, { ...options, ...cropOf(part) }),
  },
  zip: {
    form: 'zip[:SIZE]=FILE',
    parts: 'size',
    needsPath: true,
    load: (part, path, options) => loadImageZip(path, { ...options, ...cropOf(part) }),
  },
};

const cropOf = (part: string | undefined): { readonly crop?: number } => (part === undefined ? {} : { crop: Number(part) });

/** How data sets are written. */
export const setForms: readonly string[] = Object.values(kinds).map(({ form }) => form);

/** The end of the help of commands that take one. */
export const setHelp = `\nData sets (to train with where nothing is said; SIZE crops to the middle):\n${setForms.map((form) => `  ${form}`).join('\n')}`;

const splitSpec = (spec: string): SetSpec => {
  const [, name = '', part, path] = /^([^:=]*)(?::([^=]*))?(?:=(.*))?$/s.exec(spec) ?? [];
  return { name, part, path };
};

/** Tell a data set, such as `mnist:train` or `folder=DIR`, from a path. */
export const isSetSpec = (word: string): boolean => Object.hasOwn(kinds, splitSpec(word).name) && /[:=]/.test(word);

/**
 * A data set as it may be written; its files are not looked at.
 * @throws CliError (usage) for a name or part that is not known, or a path that is missing.
 */
export function checkSet(spec: string): string {
  const { name, part, path } = splitSpec(spec);
  if (!Object.hasOwn(kinds, name))
    throw usageError(`unknown data set '${spec}'; expected ${setForms.join(', ')}${didYouMean(name, Object.keys(kinds))}`);
  const { form, parts, needsPath } = kinds[name];
  const wrong = (reason: string) => usageError(`data set '${spec}': ${reason}; write ${form}`);
  if (part !== undefined) {
    if (parts === 'size' && !/^[1-9]\d{0,3}$/.test(part)) throw wrong(`'${part}' is no size to crop to, such as 64`);
    if (parts !== 'size' && !parts.includes(part)) throw wrong(`'${part}' is not ${parts.join(' or ')}${didYouMean(part, parts)}`);
  }
  if (path === '') throw wrong('the path is empty');
  if (needsPath && path === undefined) throw wrong('it does not say where the files are');
  return spec;
}

/** What a data set is called where its place does not matter: the name alone, as presets have it. */
export const setName = (spec: string): string => splitSpec(spec).name;

/** The same set in another place: what is written into files that others get. */
export const withoutPlace = (spec: string): string => spec.replace(/=.*$/s, '=PATH');

/**
 * The images of a data set, such as `mnist:test` or `cifar10:train=DIR`; where no part is given, those to train with.
 * @param options so many images may be damaged, also where the first ones are and say nothing of the size.
 * @throws CliError (usage) for what is no data set, DataError for missing or damaged files.
 */
export async function loadSet(spec: string, { maxBadSamples }: LoadOptions = {}): Promise<ImageSet> {
  const { name, part, path } = splitSpec(checkSet(spec));
  const { parts, load } = kinds[name];
  return load(part ?? (parts === 'size' ? undefined : parts[0]), path ?? '', { maxBadSamples });
}
