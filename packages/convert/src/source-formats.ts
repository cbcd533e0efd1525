import { rootsOf } from './choose-part.js';
import { badCheckpoint, badRequest } from './convert-error.js';
import type { ForeignCheckpoint } from './foreign-checkpoint.js';
import { diffusers } from './formats/diffusers.js';
import { edm } from './formats/edm.js';
import { flax } from './formats/flax.js';
import { mlTract } from './formats/ml-tract.js';
import { openai } from './formats/openai.js';
import type { SourceFormat } from './formats/source-format.js';

/** Every format that can be read, one row each. */
export const sourceFormats: readonly SourceFormat[] = [mlTract, edm, flax, openai, diffusers];

/**
 * Return the format of a checkpoint by the names of its tensors.
 * @param wanted name of the format, if it is said. Default: found out.
 * @throws ConvertError when that is none or several.
 */
export function recogniseFormat({ name, tensors }: ForeignCheckpoint, wanted?: string): SourceFormat {
  const has = ({ marker }: SourceFormat) => rootsOf(marker, tensors.keys()).length > 0;
  if (wanted !== undefined) {
    const format = sourceFormats.find((one) => one.name === wanted);
    if (!format) throw badRequest(`no format is called '${wanted}'; known: ${namesOf(sourceFormats).join(', ')}`);
    if (has(format)) return format;
    throw badCheckpoint(`${name} holds no network of ${wanted}: none of its names ends in '${format.marker.name}'`);
  }
  const found = sourceFormats.filter(has);
  if (found.length === 1) return found[0];
  if (found.length > 1) throw badCheckpoint(`${name} may be of ${namesOf(found).join(' or ')}`, { option: 'format' });
  const [first] = tensors.keys();
  const some = first === undefined ? 'it has none' : `it has ${tensors.size}, such as '${first.slice(0, 60)}'`;
  throw badCheckpoint(`${name}: its names are of no program that is known (${namesOf(sourceFormats).join(', ')}); ${some}`);
}

const namesOf = (formats: readonly SourceFormat[]): string[] => formats.map((format) => format.name);
