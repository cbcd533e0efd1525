import { type NamedArray } from './named-array.js';
/**
 * Writes a safetensors file as the reference library lays it out: widest dtype first, then by name, the header padded with
 * spaces so that the data begins at a multiple of 8. The same content gives the same bytes, whatever the order of `entries`.
 * @throws TypeError or RangeError when an array, a name or a metadata value cannot be written.
 */
export declare function writeSafetensors(
  entries: Iterable<readonly [name: string, array: NamedArray]>,
  metadata?: ReadonlyMap<string, string> | Readonly<Record<string, string>>,
): Uint8Array;
//# sourceMappingURL=safetensors-write.d.ts.map
