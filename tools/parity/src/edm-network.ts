import { type Tensor, tensor, treeFromLeaves } from '@tract/tensor';
import {
  type EdmUNetConfig,
  type EdmUNetParams,
  type EdmWeights,
  edmFilters,
  edmNames,
  edmUNetSpec,
  edmWeights,
  fromEdm,
  fromEdmSettings,
} from '@tract/unet';
import { BrokenFile, type GoldenFile } from './golden-file.js';

type Settings = Readonly<Record<string, unknown>>;

/** The reference's settings of its network. */
export function edmSettings(file: GoldenFile): Settings {
  const settings = file.setting('config');
  if (typeof settings !== 'object' || settings === null) throw new BrokenFile("its metadata 'config' must be an object");
  return settings as Settings;
}

export const edmConfigOf = (file: GoldenFile): EdmUNetConfig => fromEdmSettings(edmSettings(file));

/** Standard deviation of the data that the preconditioning stands on: the reference's 0.5 unless told. */
export function sigmaDataOf(file: GoldenFile): number {
  if (file.hasSetting('sigmaData')) return file.number('sigmaData');
  const told = edmSettings(file).sigma_data ?? 0.5;
  if (typeof told !== 'number') throw new BrokenFile(`its setting 'sigma_data' must be a number, got ${told}`);
  return told;
}

/** All parameters under `prefix` as tensors, which the caller owns. The filters stored beside them are checked. */
export function loadEdmParams(file: GoldenFile, prefix: string, config: EdmUNetConfig): EdmUNetParams {
  const state = new Map(
    file.under(prefix).map((name) => [name, { shape: file.shape(prefix + name), values: file.float32(prefix + name) }] as const),
  );
  const entries = edmWeights(config, state).map(({ path, values, shape }) => [path, tensor(values, shape)] as const);
  return treeFromLeaves<Tensor, unknown>(entries, edmUNetSpec(config)) as EdmUNetParams;
}

/**
 * Those parameters' values that the file has under `prefix`, put into our layout; filters stored beside them are left out.
 * @throws BrokenFile when one is not the network's.
 */
export function partOfEdmWeights(file: GoldenFile, prefix: string, config: EdmUNetConfig): EdmWeights[] {
  const ours = new Map([...edmNames(config)].map(([path, entry]) => [entry.name, { path, entry }]));
  const filters = edmFilters(config);
  const names = file.under(prefix).filter((name) => !filters.has(name));
  return names.map((name) => {
    const found = ours.get(name);
    if (!found) throw new BrokenFile(`'${prefix}${name}' belongs to no parameter of the network in its metadata`);
    return { path: found.path, name, ...fromEdm(found.entry, file.float32(prefix + name), file.shape(prefix + name)) };
  });
}

/** Rows of zeros but for one 1, as the reference takes its labels, as numbers of classes; undefined for a network without. */
export function edmLabels(file: GoldenFile, name: string, { classes }: EdmUNetConfig): number[] | undefined {
  if (classes === 1) return undefined;
  const rows = file.floats(name);
  if (file.shape(name)[1] !== classes) throw new BrokenFile(`tensor '${name}' must be [N, ${classes}], got [${file.shape(name)}]`);
  return Array.from({ length: rows.length / classes }, (_, n) => {
    const row = Array.from(rows.slice(n * classes, (n + 1) * classes));
    const label = row.indexOf(1);
    if (row.some((value, i) => value !== (i === label ? 1 : 0)) || label < 0) {
      throw new BrokenFile(`row ${n} of '${name}' must be zeros but for one 1: ours knows whole classes only`);
    }
    return label;
  });
}
