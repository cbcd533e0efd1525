import { mlTractPlaces } from '@tract/convert';
import { checkUNetConfig, type UNetConfig, type UNetParams, unetSpec } from '@tract/unet';
import { BrokenFile, type GoldenFile } from './golden-file.js';
import { loadTree, type NamedWeights, weightsAt } from './placed-weights.js';

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

/**
 * Return the parameters under `prefix`, in our leaf order and layout. With `partial`, those that the file has; without, all of them.
 * @throws BrokenFile when one is missing, of the wrong shape, or not the network's.
 */
export const weightsOf = (file: GoldenFile, prefix: string, config: UNetConfig, { partial = false } = {}): NamedWeights[] =>
  weightsAt(file, prefix, unetSpec(config), mlTractPlaces(config), { partial });

/** Load the parameters under `prefix` as tensors, which the caller owns. */
export const loadParams = (file: GoldenFile, prefix: string, config: UNetConfig): UNetParams =>
  loadTree(weightsOf(file, prefix, config), unetSpec(config)) as UNetParams;
