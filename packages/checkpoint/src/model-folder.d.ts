import type { NamedArray } from './named-array.js';
import { type ReadSafetensorsOptions } from './safetensors-read.js';
import { type JsonValue } from './strict-json.js';
/** What `config.json` holds: this header, and whatever the writer's application needs to rebuild its network. */
export type ModelConfig = {
  readonly format: 'tract-model';
  readonly version: 1;
  readonly [key: string]: JsonValue;
};
export type Model = {
  readonly config: ModelConfig;
  readonly tensors: ReadonlyMap<string, NamedArray>;
  readonly metadata: ReadonlyMap<string, string>;
};
/** The two files of a model folder. Which bytes go to which disk is the application's business. */
export type ModelFiles = {
  readonly 'config.json': Uint8Array;
  readonly 'model.safetensors': Uint8Array;
};
/**
 * The files of a model folder; the same model gives the same bytes.
 * @throws CheckpointError of kind 'invalid-config' when the configuration is not plain JSON that would read back equal.
 */
export declare function encodeModel(
  config: ModelConfig,
  tensors: Iterable<readonly [name: string, array: NamedArray]>,
  metadata?: ReadonlyMap<string, string> | Readonly<Record<string, string>>,
): ModelFiles;
/**
 * Reads the files of a model folder; `options.source` names the folder in messages.
 * @throws CheckpointError
 */
export declare function decodeModel(files: ModelFiles, options?: ReadSafetensorsOptions): Model;
/** Reads a `config.json` alone. @throws CheckpointError of kind 'invalid-config', 'duplicate-name' or 'too-large'. */
export declare function decodeModelConfig(bytes: Uint8Array, source?: string): ModelConfig;
//# sourceMappingURL=model-folder.d.ts.map
