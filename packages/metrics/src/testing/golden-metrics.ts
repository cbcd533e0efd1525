import { readFileSync } from 'node:fs';

export type GoldenArray = { readonly values: Float64Array; readonly columns: number };

const file = readFileSync(new URL('../../fixtures/metrics.safetensors', import.meta.url));
const headerBytes = Number(file.readBigUInt64LE(0));
const header = JSON.parse(file.toString('utf8', 8, 8 + headerBytes));

/** A float64 matrix of the fixture. */
export function goldenArray(name: string): GoldenArray {
  const [begin, end] = header[name].data_offsets;
  const bytes = file.subarray(8 + headerBytes + begin, 8 + headerBytes + end);
  return { values: new Float64Array(Uint8Array.from(bytes).buffer), columns: header[name].shape[1] };
}

/** A result that the published program gave, parsed. */
export const goldenResult = (key: string) => JSON.parse(header.__metadata__[key]);
