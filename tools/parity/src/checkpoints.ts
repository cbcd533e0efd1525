import { readFileSync } from 'node:fs';
import { type NamedArray, readFlax, readTorch, toFloat32 } from '@tract/checkpoint';
import { flaxPlaces, fromPlace, mlTractPlaces, type Places } from '@tract/convert';
import type { UNetConfig } from '@tract/unet';
import type { Finding } from './compare.js';
import { BrokenFile, GoldenFile } from './golden-file.js';
import { configOf, weightsOf } from './network.js';

type Arrays = ReadonlyMap<string, NamedArray>;

/** A checkpoint of another program. */
type Format = {
  readonly kind: string;
  readonly ending: string;
  readonly read: (bytes: Uint8Array) => Arrays;
  readonly places: (config: UNetConfig) => Places;
  /** Prefix of the parameters' names. */
  readonly prefix: string;
};

const formats: readonly Format[] = [
  {
    ...{ kind: 'torch-file', ending: '.pt', prefix: '', places: mlTractPlaces },
    read: (bytes) => readTorch(bytes, { source: 'file' }).tensors,
  },
  {
    ...{ kind: 'flax-file', ending: '.flax.msgpack', prefix: 'ema_params/', places: flaxPlaces },
    read: (bytes) => readFlax(bytes, { source: 'file' }).tensors,
  },
];

export const checkpointFormat = (file: string): Format | undefined => formats.find(({ ending }) => file.endsWith(ending));

/** The golden file that holds the same network: `NAME.safetensors` beside `NAME.pt`. */
export const twinOf = (path: string, { ending }: Format): string => `${path.slice(0, -ending.length)}.safetensors`;

/** Compare each parameter of the checkpoint with the golden file's, bit for bit. */
export function checkCheckpoint(path: string, format: Format): Finding[] {
  const twin = new GoldenFile(twinOf(path, format));
  const config = configOf(twin, 'config');
  const places = format.places(config);
  const arrays = format.read(new Uint8Array(readFileSync(path)));
  return weightsOf(twin, 'param.', config).map(({ path: leaf, name, values }) => {
    const place = places.get(leaf)!;
    const theirs = fromPlace(
      place,
      place.names.map((one) => toFloat32(arrayOf(arrays, format.prefix + one))),
    );
    const same = theirs.length === values.length && theirs.every((value, i) => Object.is(value, values[i]));
    return { what: name, error: same ? 0 : Number.POSITIVE_INFINITY, tolerance: 0 };
  });
}

function arrayOf(arrays: Arrays, name: string): NamedArray {
  const array = arrays.get(name);
  if (!array) throw new BrokenFile(`parameter '${name}' is missing`);
  return array;
}
