import { leaves, type Tensor, tensor, treeFromLeaves } from '@tract/tensor';
import { checkUNetConfig, fromMlTract, mlTractNames, type ParamSpec, type UNetConfig, type UNetParams, unetSpec } from '@tract/unet';
import { BrokenFile, type GoldenFile } from './golden-file.js';

/** The reference's settings of its U-Net, with its defaults, as our configuration. @throws BrokenFile when it describes another network. */
export function configOf(file: GoldenFile, key: string): UNetConfig {
  const settings = file.setting(key);
  if (typeof settings !== 'object' || settings === null) throw new BrokenFile(`its metadata '${key}' must be an object`);
  const given = settings as Record<string, unknown>;
  const inputType = given.logsnr_input_type ?? 'inv_cos';
  if (inputType !== 'inv_cos') throw new BrokenFile(`its network takes the noise level as '${inputType}', ours knows 'inv_cos' only`);
  const config = {
    kind: 'unet',
    imageSize: given.init_rez ?? 32,
    inChannels: given.in_channel,
    channels: given.channel,
    embChannels: given.emb_channel,
    channelMult: given.channel_multiplier,
    blocks: given.n_res_blocks,
    attentionResolutions: given.attn_rezs,
    heads: given.head_dim == null ? (given.attn_heads ?? undefined) : undefined,
    headDim: given.head_dim ?? undefined,
    scaleShift: given.use_affine_time ?? false,
    resampleInBlocks: given.resample ?? false,
    outputs: given.num_output ?? 1,
    classes: given.num_classes ?? 1,
  } as UNetConfig;
  checkUNetConfig(config);
  return config;
}

/** One parameter as the file has it, put into our layout: `name` without the prefix it was asked for with. */
export type NamedWeights = {
  readonly path: string;
  readonly name: string;
  readonly values: Float32Array;
  readonly shape: readonly number[];
};

/**
 * The parameters under `prefix`, in our leaf order. With `partial`, those that the file has; without, all of them and no other.
 * @throws BrokenFile when one is missing, of the wrong shape, or not the network's.
 */
export function weightsOf(file: GoldenFile, prefix: string, config: UNetConfig, { partial = false } = {}): NamedWeights[] {
  const names = mlTractNames(config);
  const ours = new Set([...names.values()].map(({ name }) => name));
  const strange = file.under(prefix).find((name) => !ours.has(name));
  if (strange !== undefined) throw new BrokenFile(`'${prefix}${strange}' belongs to no parameter of the network in its metadata`);
  return leaves<ParamSpec>(unetSpec(config))
    .map(([path, spec]) => ({ path, spec, ...names.get(path)! }))
    .filter(({ name }) => !partial || file.has(prefix + name))
    .map(({ path, spec, name, layout }) => {
      const weights = fromMlTract(layout, file.float32(prefix + name), file.shape(prefix + name));
      if (weights.shape.join() !== spec.shape.join()) {
        throw new BrokenFile(`'${prefix}${name}' has shape [${file.shape(prefix + name)}], which is not [${spec.shape}] channels last`);
      }
      return { path, name, ...weights };
    });
}

/** The parameters under `prefix` as tensors, which the caller owns. */
export function loadParams(file: GoldenFile, prefix: string, config: UNetConfig): UNetParams {
  const entries = weightsOf(file, prefix, config).map(({ path, values, shape }) => [path, tensor(values, shape)] as const);
  return treeFromLeaves<Tensor, unknown>(entries, unetSpec(config)) as UNetParams;
}
