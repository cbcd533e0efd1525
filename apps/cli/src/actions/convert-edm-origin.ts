import { PlainObject, type PlainValue } from '@tract/checkpoint';
import { dataError } from '../errors.js';

/** How a network of EDM was made: the class of its preconditioning, and the arguments of that. */
export type EdmOrigin = { readonly className: string; readonly settings: Readonly<Record<string, unknown>> };

/** Key of what is known of a network of EDM in the metadata of a safetensors file. */
const key = 'edm.network';

/** What a network pickle says about its `ema`, of whose arguments EDM keeps a copy. */
export function edmOriginOf(value: PlainValue): EdmOrigin | undefined {
  const network = value instanceof Map ? value.get('ema') : undefined;
  const settings = network instanceof PlainObject ? network.attributes.get('_init_kwargs') : undefined;
  if (!(network instanceof PlainObject) || !(settings instanceof Map)) return undefined;
  return { className: network.className, settings: Object.fromEntries(settings) };
}

/** The same for a safetensors file that was converted from one. */
export const edmMetadata = (origin: EdmOrigin): Record<string, string> => ({ [key]: JSON.stringify(origin, plainJson) });

const plainJson = (_: string, value: unknown): unknown => {
  if (value instanceof Map) return Object.fromEntries(value);
  return typeof value === 'bigint' ? String(value) : value;
};

/** @throws CliError (bad data) */
export function edmOriginIn(path: string, metadata: ReadonlyMap<string, string>): EdmOrigin | undefined {
  const text = metadata.get(key);
  if (text === undefined) return undefined;
  try {
    const origin = JSON.parse(text) as EdmOrigin | null;
    if (typeof origin?.className === 'string' && typeof origin.settings === 'object' && origin.settings !== null) return origin;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw dataError(`${path}: its metadata '${key}' does not say how the network was made; convert the .pkl again`);
}
