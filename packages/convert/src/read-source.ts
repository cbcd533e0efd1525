import {
  type ByteSource,
  isTorchLegacy,
  readEdm,
  readFlax,
  readSafetensors,
  readTorch,
  sourceOf,
  TEXT_SAMPLE_BYTES,
  textContent,
} from '@tract/checkpoint';
import { loadModel, modelPart, type NamedFile, type StoredModel } from '@tract/model';
import { badCheckpoint } from './convert-error.js';
import type { HostModel } from './destinations/destination.js';
import { edmOriginIn, edmOriginOf } from './edm-origin.js';
import type { ForeignCheckpoint } from './foreign-checkpoint.js';

/** File formats that hold tensors under names of other programs. */
export type Container = 'safetensors' | 'torch' | 'edm' | 'flax';

/** A checkpoint that has been opened: a model of ours, or tensors of another program and the file format that they came in. */
export type Source =
  | { readonly container: 'model'; readonly content: HostModel }
  | { readonly container: Container; readonly content: ForeignCheckpoint };

/** A file in memory, or one whose bytes are read as they are needed, and what to call it in messages. */
export type InputFile = { readonly name: string; readonly bytes: Uint8Array | ByteSource };

/**
 * Open a checkpoint by its content: safetensors, a file of torch.save, a flax msgpack or a network pickle of EDM. Nothing in it is run.
 * @param config config.json beside the file, for a model of ours. Default: the copy inside the file.
 * @throws ConvertError, ModelError or CheckpointError that names the file.
 */
export function readSource(file: InputFile, config?: NamedFile): Source {
  const { name, bytes } = file;
  const options = { source: name };
  switch (containerOf(bytes)) {
    case 'torch':
      return foreign('torch', { name, tensors: readTorch(bytes, options).tensors });
    case 'edm': {
      const { tensors, value } = readEdm(bytes, options);
      return foreign('edm', { name, tensors, edm: edmOriginOf(value) });
    }
    case 'flax':
      return foreign('flax', { name, tensors: readFlax(bytes, options).tensors });
    case 'safetensors': {
      const { tensors, metadata } = readSafetensors(bytes, options);
      if (isModel(tensors, metadata)) return { container: 'model', content: hostModel(name, loadModel(file, config)) };
      return foreign('safetensors', { name, tensors, edm: edmOriginIn(name, metadata) });
    }
    default:
      throw badCheckpoint(`${name} is ${otherContent(headOf(bytes))}; expected ${expectation}`);
  }
}

/** Beginnings of files of weights that are known, to be named and not read. */
const otherKinds: readonly (readonly [begin: string, name: string])[] = [
  ['\x89HDF\r\n', 'a file of HDF5, as Keras writes it'],
  ['GGUF', 'a file of GGUF'],
  ['\x93NUMPY', 'an npy of NumPy'],
];

function otherContent(head: Uint8Array): string {
  if (head.length === 0) return 'empty';
  const text = String.fromCharCode(...head.subarray(0, 16));
  return otherKinds.find(([begin]) => text.startsWith(begin))?.[1] ?? textContent(head) ?? 'no checkpoint that is known';
}

const expectation = 'safetensors or an index of them, a file of torch.save, a flax msgpack or a pickle of EDM';

/** Wrap tensors as a source. @throws ConvertError for names with control characters, which a terminal would obey. */
export function foreign(container: Container, content: ForeignCheckpoint): Source {
  if ([...content.tensors.keys()].some((name) => /\p{Cc}/u.test(name)))
    throw badCheckpoint(`${content.name}: the name of a tensor holds control characters; is the file what it should be?`);
  return { container, content };
}

/** Take a model that has been read as the source of a conversion. */
export function hostModel(name: string, model: StoredModel): HostModel {
  const { samplingSteps, data, recipe, scores, tensors } = model;
  return { name, description: { ...modelPart(model), samplingSteps, data, ...(recipe && { recipe }), ...(scores && { scores }) }, tensors };
}

const isModel = (tensors: ForeignCheckpoint['tensors'], metadata: ReadonlyMap<string, string>): boolean =>
  metadata.has('tract.config') || [...tensors.keys()].some((name) => name.startsWith('embedding.'));

const headOf = (bytes: Uint8Array | ByteSource): Uint8Array => sourceOf(bytes).read(0, Math.min(sourceOf(bytes).size, TEXT_SAMPLE_BYTES));

/** Tell file formats by their first bytes; undefined for others. */
export function containerOf(file: Uint8Array | ByteSource): Container | undefined {
  const bytes = headOf(file);
  const begins = (...start: number[]) => start.every((byte, i) => bytes[i] === byte);
  if (begins(0x50, 0x4b, 0x03, 0x04) || isTorchLegacy(bytes)) return 'torch';
  // A safetensors file begins with the length of its header, whose first character is {.
  if (bytes.length > 8 && bytes[8] === 0x7b && new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true) === 0) return 'safetensors';
  if (bytes[0] === 0x80 && bytes[1] <= 5) return 'edm';
  const isOther = otherKinds.some(([begin]) => begins(...Array.from(begin, (char) => char.charCodeAt(0))));
  if (isOther) return undefined;
  const isMap = (bytes[0] & 0xf0) === 0x80 || bytes[0] === 0xde || bytes[0] === 0xdf;
  return isMap ? 'flax' : undefined;
}
