import { edmFilters, edmPlaces, fromEdmSettings } from '@tract/convert';
import { type EdmUNetConfig, type EdmUNetParams, edmUNetSpec } from '@tract/unet';
import { BrokenFile, type GoldenFile } from './golden-file.js';
import { loadTree, type NamedWeights, weightsAt } from './placed-weights.js';

type Settings = Readonly<Record<string, unknown>>;

/** The reference's settings of its network. */
export function edmSettings(file: GoldenFile): Settings {
  const settings = file.setting('config');
  if (typeof settings !== 'object' || settings === null) throw new BrokenFile("its metadata 'config' must be an object");
  return settings as Settings;
}

export const edmConfigOf = (file: GoldenFile): EdmUNetConfig => fromEdmSettings(edmSettings(file));

/** Standard deviation of the data that the preconditioning assumes. Default: the reference's 0.5. */
export function sigmaDataOf(file: GoldenFile): number {
  if (file.hasSetting('sigmaData')) return file.number('sigmaData');
  const told = edmSettings(file).sigma_data ?? 0.5;
  if (typeof told !== 'number') throw new BrokenFile(`its setting 'sigma_data' must be a number, got ${told}`);
  return told;
}

/** Load all parameters under `prefix` as tensors, which the caller owns. The filters stored beside them are checked. */
export function loadEdmParams(file: GoldenFile, prefix: string, config: EdmUNetConfig): EdmUNetParams {
  for (const [name, { values }] of edmFilters(config)) {
    const found = file.float32(prefix + name);
    // Written by others in float32 from whole numbers: right to the last bit or so.
    if (found.length !== values.length || found.some((value, i) => Math.abs(value - values[i]) > 1e-6))
      throw new BrokenFile(`'${prefix}${name}' is not the filter of the network in its metadata`);
  }
  return loadTree(partOfEdmWeights(file, prefix, config, false), edmUNetSpec(config)) as EdmUNetParams;
}

/**
 * Return the parameters that the file has under `prefix`, in our layout; filters stored beside them are left out.
 * @param partial false: all parameters must be there.
 * @throws BrokenFile when one is not the network's, of another shape, or missing.
 */
export function partOfEdmWeights(file: GoldenFile, prefix: string, config: EdmUNetConfig, partial = true): NamedWeights[] {
  const filters = edmFilters(config);
  const isBeside = (name: string) => filters.has(name) || !name.startsWith('model.');
  return weightsAt(file, prefix, edmUNetSpec(config), edmPlaces(config), { partial, isBeside });
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
