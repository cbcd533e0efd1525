import { protobuf } from '@tract/checkpoint';
import type { PlannedFile } from '../destinations/destination.js';
import { type External, encodeModel, type Initializer, type OnnxGraph } from './onnx-model.js';

const { join, piecesOf } = protobuf;
type Encoded = protobuf.Encoded;

/** Largest model file: Protocol Buffers end at 2 GiB. */
const fileLimit = 2 ** 31 - 1;
/** Initializers of at least so many bytes leave a model file that is too large, and begin at multiples of `alignment` in the other. */
const externalFrom = 1024;
const alignment = 64;

export type OnnxFileOptions = {
  /** Name of the model file; data outside it go to this name with `_data` behind, as transformers.js looks for it. */
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Largest size of the model file in bytes. Default: 2 GiB - 1. */
  readonly limit?: number;
};

/** Return the files of a graph: the model, and if it would be larger than the limit a file with its weights. */
export function onnxFiles(graph: OnnxGraph, { name, metadata, limit = fileLimit }: OnnxFileOptions): PlannedFile[] {
  const whole = join(encodeModel(graph, metadata));
  if (whole.length <= limit) return [planned(name, whole)];
  const location = `${name.slice(name.lastIndexOf('/') + 1)}_data`;
  const outside = graph.initializers.filter(({ byteLength }) => byteLength >= externalFrom);
  const { offsets, data } = layOut(outside);
  const external = new Map(outside.map((one, i): [string, External] => [one.name, { location, offset: offsets[i] }]));
  return [planned(`${name}_data`, data), planned(name, join(encodeModel(graph, metadata, external)))];
}

const planned = (name: string, encoded: Encoded): PlannedFile => ({
  name,
  content: () => ({ size: encoded.length, pieces: piecesOf(encoded) }),
});

/** Put initializers one after the other at aligned offsets. */
function layOut(initializers: readonly Initializer[]): { readonly offsets: number[]; readonly data: Encoded } {
  const offsets: number[] = [];
  const parts: Encoded[] = [];
  let at = 0;
  for (const { byteLength, bytes } of initializers) {
    const gap = (alignment - (at % alignment)) % alignment;
    offsets.push(at + gap);
    parts.push(new Uint8Array(gap), { length: byteLength, pieces: () => [bytes()] });
    at += gap + byteLength;
  }
  return { offsets, data: join(parts) };
}
