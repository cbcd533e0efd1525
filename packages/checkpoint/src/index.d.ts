export { CheckpointError, type CheckpointErrorKind } from './checkpoint-error.js';
export { crc32 } from './crc32.js';
export { toFloat32 } from './half-precision.js';
export { decodeModel, decodeModelConfig, encodeModel, type Model, type ModelConfig, type ModelFiles } from './model-folder.js';
export { type ArrayOfDtype, bytesPerElement, type Dtype, elementCount, type NamedArray } from './named-array.js';
export { readNpy, writeNpy } from './npy.js';
export { readNpz, writeNpz } from './npz.js';
export { type ReadSafetensorsOptions, readSafetensors, type Safetensors } from './safetensors-read.js';
export { writeSafetensors } from './safetensors-write.js';
export type { JsonValue } from './strict-json.js';
export { readZip } from './zip-read.js';
export { writeZip } from './zip-write.js';
//# sourceMappingURL=index.d.ts.map
