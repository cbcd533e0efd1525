import type { NamedArray } from '@tract/checkpoint';
import { type EdmUNetConfig, edmFilters, edmNames } from '@tract/unet';
import { shapeThere, valuesThere } from './convert-ml-tract.js';

/** Parameters of ours as EDM names and lays them out, and the filters that it keeps beside them. */
export function toEdm(config: EdmUNetConfig, tensors: ReadonlyMap<string, NamedArray>): [name: string, array: NamedArray][] {
  const parameters = Array.from(edmNames(config), ([path, { name, layout, qkvHeads }]): [string, NamedArray] => {
    const { shape, data } = tensors.get(path)!;
    const values = qkvHeads === undefined ? (data as Float32Array) : partsAfterChannels(data as Float32Array, shape, qkvHeads);
    return [name, { dtype: 'F32', shape: shapeThere(layout, shape), data: valuesThere(layout, values, shape) }];
  });
  const filters = Array.from(edmFilters(config), ([name, { shape, values }]): [string, NamedArray] => [
    name,
    { dtype: 'F32', shape, data: values },
  ]);
  return [...parameters, ...filters];
}

/** Along the last axis, (head, {q, k, v}, channel) to (head, channel, {q, k, v}). */
function partsAfterChannels(values: Float32Array, shape: readonly number[], heads: number): Float32Array {
  const outputs = shape[shape.length - 1];
  const channels = outputs / (3 * heads);
  return values.map((_, i) => {
    const output = i % outputs;
    const head = Math.floor(output / (3 * channels));
    const channel = Math.floor(output / 3) % channels;
    return values[i - output + (head * 3 + (output % 3)) * channels + channel];
  });
}
