import { readFileSync } from 'node:fs';

/** A tensor of a safetensors fixture. */
type FixtureArray = { readonly dtype: string; readonly shape: readonly number[]; readonly bytes: Uint8Array };

export type Fixture = {
  /** @throws Error for a name that the file lacks. */
  readonly array: (name: string) => FixtureArray;
  readonly float64: (name: string) => Float64Array;
  readonly float32: (name: string) => Float32Array;
  /** A setting of the metadata, parsed. */
  readonly setting: (key: string) => ReturnType<typeof JSON.parse>;
};

/** Open `fixtures/NAME.safetensors` of this package. The package that reads such files in earnest is no dependency of this one. */
export function openFixture(name: string): Fixture {
  const file = readFileSync(new URL(`../../fixtures/${name}.safetensors`, import.meta.url));
  const headerBytes = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, 8 + headerBytes));
  const array = (key: string): FixtureArray => {
    if (!header[key]) throw new Error(`fixture ${name} has no '${key}'`);
    const [begin, end] = header[key].data_offsets;
    return {
      dtype: header[key].dtype,
      shape: header[key].shape,
      bytes: Uint8Array.from(file.subarray(8 + headerBytes + begin, 8 + headerBytes + end)),
    };
  };
  return {
    array,
    float64: (key) => new Float64Array(array(key).bytes.buffer),
    float32: (key) => new Float32Array(array(key).bytes.buffer),
    setting: (key) => JSON.parse(header.__metadata__[key]),
  };
}
