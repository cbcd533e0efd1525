import { CheckpointError, failWith } from './checkpoint-error.js';
import { joinPieces, type Pieces } from './joined-pieces.js';
import type { NamedArray } from './named-array.js';
import { type ReadSafetensorsOptions, readSafetensors } from './safetensors-read.js';
import { safetensorsPieces } from './safetensors-write.js';
import { isJsonObject, type JsonValue, parseStrictJson } from './strict-json.js';

/** Content of `config.json`: this header, and all that the writer's application needs to rebuild its network. */
export type ModelConfig = { readonly format: 'tract-model'; readonly version: 1; readonly [key: string]: JsonValue };

export type Model = {
  readonly config: ModelConfig;
  readonly tensors: ReadonlyMap<string, NamedArray>;
  readonly metadata: ReadonlyMap<string, string>;
};

/** The two files of a model folder. Which bytes go to which disk is the application's business. */
export type ModelFiles = { readonly 'config.json': Uint8Array; readonly 'model.safetensors': Uint8Array };

const MAX_CONFIG_BYTES = 2 ** 20;

/** The same, the weights as pieces that are written one after another. */
export type ModelPieces = { readonly 'config.json': Uint8Array; readonly 'model.safetensors': Pieces };

/** Encode the files of a model folder in memory. @throws CheckpointError as `modelPieces` does */
export function encodeModel(...model: Parameters<typeof modelPieces>): ModelFiles {
  const { 'config.json': config, 'model.safetensors': weights } = modelPieces(...model);
  return { 'config.json': config, 'model.safetensors': joinPieces(weights) };
}

/**
 * Encode the files of a model folder, its weights tensor by tensor; the same model gives the same bytes.
 * @throws CheckpointError of kind 'invalid-config' when the configuration is not plain JSON that would read back equal.
 */
export function modelPieces(
  config: ModelConfig,
  tensors: Iterable<readonly [name: string, array: NamedArray]>,
  metadata?: ReadonlyMap<string, string> | Readonly<Record<string, string>>,
): ModelPieces {
  requirePlain(config, 'config', 0);
  requireHeader(config, 'encodeModel');
  const text = `${JSON.stringify(config, null, 2)}\n`;
  return { 'config.json': new TextEncoder().encode(text), 'model.safetensors': safetensorsPieces(tensors, metadata) };
}

/**
 * Read the files of a model folder; `options.source` names the folder in messages.
 * @throws CheckpointError
 */
export function decodeModel(files: ModelFiles, options: ReadSafetensorsOptions = {}): Model {
  const folder = options.source === undefined ? '' : `${options.source}/`;
  const config = decodeModelConfig(files['config.json'], `${folder}config.json`);
  const { tensors, metadata } = readSafetensors(files['model.safetensors'], { ...options, source: `${folder}model.safetensors` });
  return { config, tensors, metadata };
}

/** Read a `config.json` alone. @throws CheckpointError of kind 'invalid-config', 'duplicate-name' or 'too-large'. */
export function decodeModelConfig(bytes: Uint8Array, source = 'config.json'): ModelConfig {
  const fail = failWith(source);
  if (bytes.length > MAX_CONFIG_BYTES) throw fail('too-large', `${bytes.length} bytes, at most ${MAX_CONFIG_BYTES} are read`);
  let value: JsonValue;
  try {
    value = parseStrictJson(bytes, { depth: 32, integersOnly: false }, fail);
  } catch (error) {
    if (error instanceof CheckpointError && error.kind === 'invalid-header')
      throw new CheckpointError('invalid-config', error.message, { cause: error });
    throw error;
  }
  requirePlain(value, source, 0);
  return requireHeader(value, source);
}

function requireHeader(value: JsonValue, source: string): ModelConfig {
  const fail = failWith(source);
  if (!isJsonObject(value)) throw fail('invalid-config', 'a model configuration must be a JSON object');
  if (value.format !== 'tract-model') throw fail('invalid-config', `expected "format": "tract-model", got ${JSON.stringify(value.format)}`);
  if (value.version !== 1)
    throw fail('invalid-config', `version ${JSON.stringify(value.version)} of tract-model, this program reads 1; a newer one may read it`);
  return value as ModelConfig;
}

/** Plain JSON: what JSON.stringify would drop or change (undefined, NaN, dates, -0 …) is refused, and so is the key __proto__. */
function requirePlain(value: unknown, path: string, depth: number): void {
  const fail = failWith(path);
  if (depth > 31) throw fail('invalid-config', 'nested too deep');
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return;
  if (typeof value === 'number' && Number.isFinite(value)) return;
  if (Array.isArray(value)) {
    for (const [i, entry] of value.entries()) requirePlain(entry, `${path}[${i}]`, depth + 1);
    return;
  }
  const prototype = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
  if (prototype !== Object.prototype && prototype !== null)
    throw fail('invalid-config', `expected plain JSON, got ${typeof value} ${String(value).slice(0, 40)}`);
  for (const [key, entry] of Object.entries(value as object)) {
    if (key === '__proto__') throw fail('invalid-config', "the key '__proto__' is refused");
    requirePlain(entry, `${path}.${key.slice(0, 80)}`, depth + 1);
  }
}
