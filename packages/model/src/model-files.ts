import {
  type ByteSource,
  decodeModelConfig,
  joinPieces,
  lazyArray,
  type ModelConfig,
  type ModelFiles,
  type ModelPieces,
  modelPieces,
  type NamedArray,
  readSafetensors,
  toFloat32,
} from '@tract/checkpoint';
import { type NetworkParams, networkSpec } from '@tract/unet';
import { type ModelDescription, parseModel } from './model-description.js';
import { ModelError } from './model-error.js';
import { checkArrays, isHalf, uploadStore } from './tree-arrays.js';

/** A model that has been read and checked, its parameters still on the host. */
export type StoredModel = ModelDescription & {
  /** `config.json` as it was read. */
  readonly config: ModelConfig;
  readonly tensors: ReadonlyMap<string, NamedArray>;
};

/** A file, and what to call it in messages. */
export type NamedFile = { readonly name: string; readonly bytes: Uint8Array };
/** Weights in memory, or read as they are needed. */
export type WeightsFile = { readonly name: string; readonly bytes: Uint8Array | ByteSource };

/** Key of the copy of config.json in the metadata of the safetensors file, which makes that file enough by itself. */
const configKey = 'tract.config';

/**
 * Read a model from the bytes of its files, and check that every tensor is there in the right shape and type. Half precision is widened to float32.
 *
 * @param weights a safetensors file.
 * @param config its config.json. Default: the copy inside the weights.
 * @throws ModelError or CheckpointError that names the file.
 */
export function loadModel(weights: Uint8Array | WeightsFile, config?: Uint8Array | NamedFile): StoredModel {
  const file = named(weights, 'model.safetensors');
  const { tensors: stored, metadata } = readSafetensors(file.bytes, { source: file.name });
  const inside = metadata.get(configKey);
  const configFile = config
    ? named(config, 'config.json')
    : inside !== undefined && { name: `${file.name}, metadata '${configKey}'`, bytes: new TextEncoder().encode(inside) };
  if (!configFile)
    throw new ModelError(`${file.name} says nothing about its network: expected a config.json beside it; add the one that belongs to it`);
  const json = decodeModelConfig(configFile.bytes, configFile.name);
  const description = parseModel(json, configFile.name);
  checkArrays(networkSpec(description.network), stored, file.name);
  return { ...description, config: json, tensors: new Map([...stored].map(([name, array]) => [name, widened(array)])) };
}

/** Half precision as float32, which holds it exactly; anything else as it is. Data is read when it is asked for. */
const widened = (array: NamedArray): NamedArray => (isHalf(array) ? lazyArray('F32', array.shape, () => toFloat32(array)) : array);

const named = <F extends WeightsFile>(file: Uint8Array | F, name: string): F | NamedFile =>
  file instanceof Uint8Array ? { name, bytes: file } : file;

/** Return the files of a model in memory. @throws CheckpointError as `savedPieces` does */
export function saveModel(description: ModelDescription, tensors: Tensors): ModelFiles {
  const { 'config.json': config, 'model.safetensors': weights } = savedPieces(description, tensors);
  return { 'config.json': config, 'model.safetensors': joinPieces(weights) };
}

type Tensors = Iterable<readonly [string, NamedArray]>;

/**
 * Return the files of a model of any size, its weights as pieces that can be written once; the same model gives the same bytes.
 *
 * @throws CheckpointError for a description that is not plain JSON.
 */
export function savedPieces(description: ModelDescription, tensors: Tensors): ModelPieces {
  const config = { format: 'tract-model', version: 1, ...description } as unknown as ModelConfig;
  return modelPieces(config, tensors, { [configKey]: JSON.stringify(config) });
}

/** Make the parameters as tensors of the active backend; the caller owns them. */
export const uploadParams = ({ network, tensors }: StoredModel): NetworkParams =>
  uploadStore(networkSpec(network), tensors) as NetworkParams;
