import { fromTorch, type ReadFloats, type TorchLayout, toTorch } from './torch-layout.js';

/** Order of the outputs of a layer that computes queries, keys and values, outermost first. Ours: head, part, channel. */
export type QkvOrder = 'head-channel-part' | 'part-head-channel';

/** Place of one of our parameters in another program's checkpoint, and the order of its elements there. */
export type Place = {
  /** One array; or three, those of queries, keys and values, which together run (part, head, channel). */
  readonly names: readonly string[];
  /** Shape of each array there. */
  readonly shape: readonly number[];
  readonly layout: TorchLayout;
  /** For queries, keys and values whose order is not ours: `channels` of each of the `heads`. */
  readonly qkv?: { readonly heads: number; readonly channels: number; readonly order: QkvOrder };
};

/** Every parameter of a network, by leaf path and in leaf order. */
export type Places = ReadonlyMap<string, Place>;

/** Turn the arrays of a place, each in its order there, into the parameter in our order. */
export const fromPlace = (place: Place, arrays: readonly Float32Array[]): Float32Array =>
  readPlace(
    place,
    arrays.map((values) => (begin, end) => values.subarray(begin, end)),
  );

/** Do the same with arrays that are read a part at a time. */
export function readPlace({ names, shape, layout, qkv }: Place, arrays: readonly ReadFloats[]): Float32Array {
  const parts = arrays.map((read) => fromTorch(layout, read, shape));
  if (qkv === undefined) return parts[0];
  const outputs = 3 * qkv.heads * qkv.channels;
  const joined = names.length === 1 ? parts[0] : joinColumns(parts, outputs / names.length);
  const from = outputsThere(qkv);
  const ours = new Float32Array(joined.length);
  for (let row = 0; row < joined.length; row += outputs) for (let i = 0; i < outputs; i++) ours[row + i] = joined[row + from[i]];
  return ours;
}

/** Turn a parameter in our order into the arrays of its place: the inverse of `fromPlace`. */
export function toPlace({ names, shape, layout, qkv }: Place, values: Float32Array): Float32Array[] {
  if (qkv === undefined) return [toTorch(layout, values, shape)];
  const outputs = 3 * qkv.heads * qkv.channels;
  const to = outputsThere(qkv);
  const theirs = new Float32Array(values.length);
  for (let row = 0; row < values.length; row += outputs) for (let i = 0; i < outputs; i++) theirs[row + to[i]] = values[row + i];
  const parts = names.length === 1 ? [theirs] : splitColumns(theirs, outputs, names.length);
  return parts.map((part) => toTorch(layout, part, shape));
}

/** The output there of each of our outputs (head, part, channel). */
function outputsThere({ heads, channels, order }: NonNullable<Place['qkv']>): number[] {
  return Array.from({ length: 3 * heads * channels }, (_, output) => {
    const head = Math.floor(output / (3 * channels));
    const part = Math.floor(output / channels) % 3;
    const channel = output % channels;
    return order === 'part-head-channel' ? (part * heads + head) * channels + channel : (head * channels + channel) * 3 + part;
  });
}

/** Matrices of `width` columns each, side by side. */
function joinColumns(parts: readonly Float32Array[], width: number): Float32Array {
  const joined = new Float32Array(parts.length * parts[0].length);
  parts.forEach((values, part) => {
    for (let row = 0; row * width < values.length; row++)
      joined.set(values.subarray(row * width, (row + 1) * width), (row * parts.length + part) * width);
  });
  return joined;
}

/** A matrix of `columns` as `count` matrices of equal width: the inverse of `joinColumns`. */
function splitColumns(values: Float32Array, columns: number, count: number): Float32Array[] {
  const width = columns / count;
  return Array.from({ length: count }, (_, part) => {
    const own = new Float32Array(values.length / count);
    for (let row = 0; row * columns < values.length; row++)
      own.set(values.subarray(row * columns + part * width, row * columns + (part + 1) * width), row * width);
    return own;
  });
}
