import { checkEdmUNetConfig, type DhariwalUNetConfig } from '@tract/unet';
import type { Settings } from '../foreign-checkpoint.js';

const defaults: Settings = {
  ...{ sample_size: null, in_channels: 3, out_channels: 3, center_input_sample: false },
  ...{ time_embedding_type: 'positional', time_embedding_dim: null, freq_shift: 0, flip_sin_to_cos: true },
  down_block_types: ['DownBlock2D', 'AttnDownBlock2D', 'AttnDownBlock2D', 'AttnDownBlock2D'],
  up_block_types: ['AttnUpBlock2D', 'AttnUpBlock2D', 'AttnUpBlock2D', 'UpBlock2D'],
  block_out_channels: [224, 448, 672, 896],
  ...{ mid_block_type: 'UNetMidBlock2D', layers_per_block: 2, mid_block_scale_factor: 1, add_attention: true },
  ...{ downsample_padding: 1, downsample_type: 'conv', upsample_type: 'conv', dropout: 0, act_fn: 'silu', attention_head_dim: 8 },
  ...{ norm_num_groups: 32, attn_norm_num_groups: null, norm_eps: 1e-5, resnet_time_scale_shift: 'default' },
  ...{ class_embed_type: null, num_class_embeds: null, num_train_timesteps: null },
};

/** Settings of the average that `EMAModel.save_pretrained` keeps among those of the network (`unet_ema`): they say nothing of it. */
const averaging = ['decay', 'min_decay', 'optimization_step', 'update_after_step', 'use_ema_warmup', 'inv_gamma', 'power'];

/** The values of settings, other than sizes, that networks of ours have. */
const known: Readonly<Record<string, readonly unknown[]>> = {
  center_input_sample: [false],
  time_embedding_type: ['positional'],
  mid_block_type: ['UNetMidBlock2D'],
  mid_block_scale_factor: [1],
  add_attention: [true],
  downsample_padding: [0, 1],
  act_fn: ['silu', 'swish'],
  resnet_time_scale_shift: ['default', 'scale_shift'],
  class_embed_type: [null],
};

/**
 * Return the configuration of a UNet2DModel from its config.json, the defaults filled in. Names that begin with '_' say nothing of the network,
 * and dropout and averaging are matters of training: they are passed over.
 * @throws RangeError or TypeError that names the setting when it is not known, or asks for a part that our networks do not have.
 */
export function fromDiffusersSettings(given: Settings): DhariwalUNetConfig {
  if (given._class_name !== 'UNet2DModel')
    throw new RangeError(`fromDiffusersSettings: _class_name must be UNet2DModel, got ${JSON.stringify(given._class_name)}`);
  const strange = Object.keys(given).find((name) => !name.startsWith('_') && !averaging.includes(name) && !Object.hasOwn(defaults, name));
  if (strange !== undefined) throw new RangeError(`fromDiffusersSettings: UNet2DModel has no setting '${strange}' that is known here`);
  const settings: Settings = { ...defaults, ...given };
  for (const [name, values] of Object.entries(known)) if (!values.includes(settings[name])) throw unlike(name, settings[name], values);
  const widths = listOf(settings, 'block_out_channels', 'number');
  const { attention, inBlocks } = levelsOf(settings, widths.length);
  const imageSize = sideOf(settings.sample_size);
  const outputs = (settings.out_channels as number) / (settings.in_channels as number);
  if (outputs !== 1 && outputs !== 2) throw unlike('out_channels', settings.out_channels, [settings.in_channels, 'twice as many']);
  const config = {
    kind: 'dhariwal',
    imageSize,
    inChannels: settings.in_channels,
    channels: widths[0],
    embChannels: settings.time_embedding_dim ?? 4 * widths[0],
    channelMult: widths.map((width) => width / widths[0]),
    blocks: settings.layers_per_block,
    attentionResolutions: attention.flatMap((has, level) => (has ? [imageSize / 2 ** level] : [])),
    outputs,
    classes: settings.num_class_embeds ?? 1,
    ...(settings.attention_head_dim === null ? { heads: 1 } : { headDim: settings.attention_head_dim }),
    groups: settings.norm_num_groups,
    scaleShift: settings.resnet_time_scale_shift === 'scale_shift',
    resampleInBlocks: inBlocks,
    halvingPad: settings.downsample_padding === 0 ? 'after' : 'around',
    eps: settings.norm_eps,
    sinesFirst: sinesFirstOf(settings),
  } as unknown as DhariwalUNetConfig;
  requireMiddle(settings, config);
  checkEdmUNetConfig(config);
  return config;
}

const unlike = (name: string, value: unknown, values: readonly unknown[]): RangeError =>
  new RangeError(
    `fromDiffusersSettings: no network here has ${name} ${JSON.stringify(value)}; known: ${values.map((one) => JSON.stringify(one)).join(', ')}`,
  );

function listOf<T extends 'number' | 'string'>(settings: Settings, name: string, type: T): (T extends 'number' ? number : string)[] {
  const list = settings[name];
  if (!Array.isArray(list) || list.length === 0 || !list.every((item) => typeof item === type))
    throw new TypeError(`fromDiffusersSettings: ${name} must be a list of ${type}s, got ${JSON.stringify(list)}`);
  return list;
}

function sideOf(size: unknown): number {
  const sides = Array.isArray(size) ? size : [size];
  if (sides.length > 2 || typeof sides[0] !== 'number' || sides[sides.length - 1] !== sides[0])
    throw new RangeError(
      `fromDiffusersSettings: sample_size must be the side of square images, got ${JSON.stringify(size)}; set it in config.json`,
    );
  return sides[0];
}

/** Return the order of the time features, of which there are two. */
function sinesFirstOf({ flip_sin_to_cos: flip, freq_shift: shift }: Settings): boolean {
  if (flip === true && shift === 0) return false;
  if (flip === false && shift === 1) return true;
  throw unlike(
    '[flip_sin_to_cos, freq_shift]',
    [flip, shift],
    [
      [true, 0],
      [false, 1],
    ],
  );
}

/** Tell if the blocks of a type have attention, and if they are resampled in blocks of their own instead of by convolutions. */
function blockOf(type: string, way: 'Down' | 'Up', settings: Settings): { readonly attention: boolean; readonly inBlock: boolean } {
  const setting = way === 'Down' ? 'downsample_type' : 'upsample_type';
  const sampling = settings[setting] ?? 'conv';
  switch (type.replace(/^UNetRes/, '')) {
    case `${way}Block2D`:
      return { attention: false, inBlock: false };
    case `Resnet${way}sampleBlock2D`:
      return { attention: false, inBlock: true };
    case `Attn${way}Block2D`:
      if (sampling !== 'conv' && sampling !== 'resnet') throw unlike(setting, sampling, ['conv', 'resnet']);
      return { attention: true, inBlock: sampling === 'resnet' };
  }
  const types = [`${way}Block2D`, `Attn${way}Block2D`, `Resnet${way}sampleBlock2D`];
  throw unlike(`${way.toLowerCase()}_block_types with`, type, types);
}

/** Return the attention of each level, from the full resolution down. The way up must mirror the way down, and all levels be resampled alike. */
function levelsOf(settings: Settings, count: number): { readonly attention: readonly boolean[]; readonly inBlocks: boolean } {
  const down = listOf(settings, 'down_block_types', 'string').map((type) => blockOf(type, 'Down', settings));
  const up = listOf(settings, 'up_block_types', 'string').map((type) => blockOf(type, 'Up', settings));
  up.reverse();
  if (down.length !== count || up.length !== count)
    throw new RangeError(
      `fromDiffusersSettings: block_out_channels, down_block_types and up_block_types must be of one length, got ${count}, ${down.length}, ${up.length}`,
    );
  const differing = down.findIndex(({ attention }, level) => attention !== up[level].attention);
  if (differing >= 0)
    throw new RangeError(`fromDiffusersSettings: level ${differing} has attention on one way only; here a level has it on both or neither`);
  // Going up, a level is resampled to the one above it.
  const resampled = [...down.slice(0, -1), ...up.slice(1)];
  if (resampled.some(({ inBlock }) => inBlock !== resampled[0].inBlock))
    throw new RangeError('fromDiffusersSettings: some levels are resampled by convolutions and some in blocks; here all are alike');
  return { attention: down.map(({ attention }) => attention), inBlocks: resampled[0]?.inBlock ?? true };
}

/** Require groups for the attention in the middle: without, it has no normalisation where blocks scale and shift. */
function requireMiddle({ attn_norm_num_groups: groups }: Settings, config: DhariwalUNetConfig): void {
  if (groups === config.groups || (groups === null && !config.scaleShift)) return;
  throw unlike('attn_norm_num_groups', groups, [config.groups]);
}
