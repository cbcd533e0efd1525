import { readFileSync } from 'node:fs';
import { type NamedArray, readFlax, readTorch, toFloat32 } from '@tract/checkpoint';
import { type FlaxName, flaxNames, fromFlax, fromMlTract, mlTractNames, type UNetConfig } from '@tract/unet';
import type { Finding } from './compare.js';
import { BrokenFile, GoldenFile } from './golden-file.js';
import { configOf, weightsOf } from './network.js';

type Arrays = ReadonlyMap<string, NamedArray>;

/** A checkpoint of another program, and the parameter of ours at a leaf path in it. */
type Format = {
  readonly kind: string;
  readonly ending: string;
  readonly read: (bytes: Uint8Array) => Arrays;
  readonly parameter: (config: UNetConfig, arrays: Arrays) => (path: string) => Float32Array;
};

const formats: readonly Format[] = [
  {
    kind: 'torch-file',
    ending: '.pt',
    read: (bytes) => readTorch(bytes, { source: 'file' }).tensors,
    parameter: (config, arrays) => {
      const names = mlTractNames(config);
      return (path) => {
        const { name, layout } = names.get(path)!;
        const array = arrayOf(arrays, name);
        return fromMlTract(layout, toFloat32(array), array.shape).values;
      };
    },
  },
  {
    kind: 'flax-file',
    ending: '.flax.msgpack',
    read: (bytes) => readFlax(bytes, { source: 'file' }).tensors,
    parameter: (config, arrays) => {
      const names: ReadonlyMap<string, FlaxName> = flaxNames(config);
      return (path) => {
        const place = names.get(path)!;
        return fromFlax(
          place,
          place.names.map((name) => toFloat32(arrayOf(arrays, `ema_params/${name}`))),
        );
      };
    },
  },
];

export const checkpointFormat = (file: string): Format | undefined => formats.find(({ ending }) => file.endsWith(ending));

/** The golden file that holds the same network: `NAME.safetensors` beside `NAME.pt`. */
export const twinOf = (path: string, { ending }: Format): string => `${path.slice(0, -ending.length)}.safetensors`;

/** Each parameter of the checkpoint against the golden file's, bit for bit. */
export function checkCheckpoint(path: string, format: Format): Finding[] {
  const twin = new GoldenFile(twinOf(path, format));
  const config = configOf(twin, 'config');
  const parameter = format.parameter(config, format.read(new Uint8Array(readFileSync(path))));
  return weightsOf(twin, 'param.', config).map(({ path: leaf, name, values }) => {
    const theirs = parameter(leaf);
    const same = theirs.length === values.length && theirs.every((value, i) => Object.is(value, values[i]));
    return { what: name, error: same ? 0 : Number.POSITIVE_INFINITY, tolerance: 0 };
  });
}

function arrayOf(arrays: Arrays, name: string): NamedArray {
  const array = arrays.get(name);
  if (!array) throw new BrokenFile(`parameter '${name}' is missing`);
  return array;
}
