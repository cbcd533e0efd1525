import { admEps, type BackbonePlan, type BlockPlan, type DhariwalUNetConfig, groupsOfEdm, planEdm } from '@tract/unet';

/** Every setting in the config.json of a UNet2DModel. */
export type DiffusersSettings = Readonly<Record<string, string | number | boolean | null | readonly string[] | readonly number[]>>;

/**
 * Return the settings with which diffusers builds this network.
 * @throws RangeError that names the part of it which a UNet2DModel does not have.
 */
export function toDiffusersSettings(config: DhariwalUNetConfig): DiffusersSettings {
  const { imageSize, inChannels, channels, embChannels, channelMult, blocks, outputs, classes } = config;
  const { scaleShift = true, resampleInBlocks = true, halvingPad = 'around', eps = admEps, sinesFirst = false } = config;
  const plan = planEdm(config);
  if (config.augmentChannels !== undefined) throw beyond('is not conditioned on augmentation, this network is');
  if (channelMult[0] !== 1) throw beyond(`has ${channels} channels in its first level, this network ${channelMult[0] * channels}`);
  const groups = onlyOne(
    'number of groups',
    blocksOf(plan).flatMap(({ cIn, cOut }) => [groupsOfEdm(config, cIn), groupsOfEdm(config, cOut)]),
  );
  const withAttention = levelsWithAttention(plan);
  const down = withAttention.map((attention) =>
    attention ? 'AttnDownBlock2D' : resampleInBlocks ? 'ResnetDownsampleBlock2D' : 'DownBlock2D',
  );
  const up = withAttention.map((attention) => (attention ? 'AttnUpBlock2D' : resampleInBlocks ? 'ResnetUpsampleBlock2D' : 'UpBlock2D'));
  return {
    _class_name: 'UNet2DModel',
    ...{ sample_size: imageSize, in_channels: inChannels, out_channels: inChannels * outputs, center_input_sample: false },
    ...{ time_embedding_type: 'positional', time_embedding_dim: embChannels },
    ...{ flip_sin_to_cos: !sinesFirst, freq_shift: sinesFirst ? 1 : 0 },
    ...{ down_block_types: down, mid_block_type: 'UNetMidBlock2D', up_block_types: up.reverse() },
    ...{ block_out_channels: channelMult.map((mult) => mult * channels), layers_per_block: blocks, mid_block_scale_factor: 1 },
    ...{ downsample_padding: halvingPad === 'after' ? 0 : 1, dropout: config.dropout ?? 0, act_fn: 'silu' },
    ...{ downsample_type: resampleInBlocks ? 'resnet' : 'conv', upsample_type: resampleInBlocks ? 'resnet' : 'conv' },
    ...{ attention_head_dim: headDimOf(plan), add_attention: true },
    ...{ norm_num_groups: groups, attn_norm_num_groups: groups, norm_eps: eps },
    resnet_time_scale_shift: scaleShift ? 'scale_shift' : 'default',
    ...{ class_embed_type: null, num_class_embeds: classes === 1 ? null : classes, num_train_timesteps: null },
  };
}

const beyond = (what: string): RangeError => new RangeError(`toDiffusersSettings: a UNet2DModel ${what}`);

function onlyOne(what: string, values: readonly number[]): number {
  const different = [...new Set(values)];
  if (different.length > 1) throw beyond(`has one ${what}, this network ${different.join(' and ')}`);
  return different[0];
}

const blocksOf = ({ down, mid, up }: BackbonePlan): BlockPlan[] =>
  [...down, ...mid, ...up].filter((stage): stage is BlockPlan => stage.kind === 'block');

/** Tell which levels have attention, from the full resolution down. */
function levelsWithAttention({ down }: BackbonePlan): boolean[] {
  const levels: boolean[] = [false];
  for (const stage of down) {
    if (stage.resample === 'down') levels.push(false);
    else if (stage.kind === 'block' && stage.heads > 0) levels[levels.length - 1] = true;
  }
  return levels;
}

/** Return the channels of one head, or null where every level has one head. */
function headDimOf(plan: BackbonePlan): number | null {
  if (plan.mid[0].heads === 0) throw beyond('has attention in its middle, this network is too narrow there for one head');
  const attending = blocksOf(plan).filter(({ heads }) => heads > 0);
  if (attending.every(({ heads }) => heads === 1)) return null;
  return onlyOne(
    'width of an attention head',
    attending.map(({ cOut, heads }) => cOut / heads),
  );
}
