export { allFinite, allFiniteHalves } from './all-finite.js';
export { type ByteSource, partOf, piecesOf, sourceOf } from './byte-source.js';
export { CheckpointError, type CheckpointErrorKind, reasonOf } from './checkpoint-error.js';
export { crc32 } from './crc32.js';
export { readEdm } from './edm-read.js';
export { readFlax } from './flax-read.js';
export { float16Bits, toFloat16 } from './float16-bits.js';
export { toFloat32 } from './half-precision.js';
export { joinPieces, type Pieces } from './joined-pieces.js';
export {
  decodeModel,
  decodeModelConfig,
  encodeModel,
  type Model,
  type ModelConfig,
  type ModelFiles,
  type ModelPieces,
  modelPieces,
} from './model-folder.js';
export {
  type ArrayOfDtype,
  bytesOfArray,
  bytesPerElement,
  type Dtype,
  elementCount,
  elementsOf,
  lazyArray,
  type NamedArray,
} from './named-array.js';
export { NPY_HEADER_BYTES, type NpyHeader, readNpy, readNpyHeader, writeNpy } from './npy.js';
export { npzNames, npzPieces, type ReadNpzOptions, readNpz, writeNpz } from './npz.js';
export { type PickledDict, readPickledDict } from './pickled-dict.js';
export { type PlainContent, type PlainMap, PlainObject, type PlainValue } from './plain-value.js';
export * as protobuf from './protobuf.js';
export { type ReadSafetensorsOptions, readSafetensors, type Safetensors } from './safetensors-read.js';
export { type SafetensorsLayout, safetensorsLayout, safetensorsPieces, writeSafetensors } from './safetensors-write.js';
export { readShardIndex, type ShardIndex } from './shard-index.js';
export { type JsonLimits, type JsonValue, parseStrictJson } from './strict-json.js';
export { TEXT_SAMPLE_BYTES, textContent } from './text-content.js';
export { isTorchLegacy } from './torch-legacy.js';
export { readTorch } from './torch-read.js';
export { torchPieces, writeTorch } from './torch-write.js';
export { readZip } from './zip-read.js';
export { writeZip, type ZipFileEntry, type ZipOptions, zipPieces } from './zip-write.js';
