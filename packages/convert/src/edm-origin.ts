import { PlainObject, type PlainValue } from '@tract/checkpoint';
import { badCheckpoint } from './convert-error.js';
import type { EdmOrigin } from './foreign-checkpoint.js';

/** Key of a network's origin in the metadata of a safetensors file. */
const key = 'edm.network';

/** Return the origin of the `ema` in a network pickle, of whose arguments EDM keeps a copy. */
export function edmOriginOf(value: PlainValue): EdmOrigin | undefined {
  const network = value instanceof Map ? value.get('ema') : undefined;
  const settings = network instanceof PlainObject ? network.attributes.get('_init_kwargs') : undefined;
  if (!(network instanceof PlainObject) || !(settings instanceof Map)) return undefined;
  return { className: network.className, settings: Object.fromEntries(settings) };
}

/** Return the metadata by which a safetensors file keeps a network's origin. */
export const edmMetadata = (origin: EdmOrigin): Record<string, string> => ({ [key]: JSON.stringify(origin, plainJson) });

const plainJson = (_: string, value: unknown): unknown => {
  if (value instanceof Map) return Object.fromEntries(value);
  return typeof value === 'bigint' ? String(value) : value;
};

/** Return the origin in the metadata of a safetensors file, if it is there. @throws ConvertError */
export function edmOriginIn(name: string, metadata: ReadonlyMap<string, string>): EdmOrigin | undefined {
  const text = metadata.get(key);
  if (text === undefined) return undefined;
  try {
    const origin = JSON.parse(text) as EdmOrigin | null;
    if (typeof origin?.className === 'string' && typeof origin.settings === 'object' && origin.settings !== null) return origin;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw badCheckpoint(`${name}: its metadata '${key}' does not say how the network was made; convert the .pkl again`);
}
