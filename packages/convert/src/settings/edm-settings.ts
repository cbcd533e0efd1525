import { checkEdmUNetConfig, type EdmUNetConfig } from '@tract/unet';
import type { Settings } from '../foreign-checkpoint.js';

const songDefaults = {
  model_channels: 128,
  channel_mult: [1, 2, 2, 2],
  num_blocks: 4,
  attn_resolutions: [16],
  embedding_type: 'positional',
  channel_mult_noise: 1,
  encoder_type: 'standard',
  decoder_type: 'standard',
  resample_filter: [1, 1],
  dropout: 0.1,
};
const dhariwalDefaults = { model_channels: 192, channel_mult: [1, 2, 3, 4], num_blocks: 3, attn_resolutions: [32, 16, 8], dropout: 0.1 };

/** Settings that change neither sizes nor meaning: how the reference trains and in which precision it computes. */
const trainingSettings = ['use_fp16', 'label_dropout', 'sigma_min', 'sigma_max', 'sigma_data'];
/** The same, and those of the preconditionings VP and iDDPM. */
const passedOver = [...trainingSettings, 'beta_d', 'beta_min', 'epsilon_t', 'M', 'C_1', 'C_2'];
const known = ['model_type', 'img_resolution', 'img_channels', 'label_dim', 'augment_dim', 'channel_mult_emb', ...passedOver];

/**
 * Return the configuration of the network that EDM's code builds with these settings ('model_type', 'img_resolution', …), its defaults filled in.
 * @throws RangeError or TypeError when a setting is not known, or no network can be built.
 */
export function fromEdmSettings(settings: Settings): EdmUNetConfig {
  const type = settings.model_type ?? 'DhariwalUNet';
  if (type !== 'SongUNet' && type !== 'DhariwalUNet') {
    throw new RangeError(`fromEdmSettings: model_type must be SongUNet or DhariwalUNet, got ${type}`);
  }
  const defaults = type === 'SongUNet' ? songDefaults : dhariwalDefaults;
  const strange = Object.keys(settings).find((name) => !known.includes(name) && !(name in defaults));
  if (strange !== undefined) throw new RangeError(`fromEdmSettings: a ${type} has no setting '${strange}' that is known here`);
  const config = configOf(type, { ...defaults, ...settings });
  checkEdmUNetConfig(config);
  return config;
}

/** Rename the settings as they are; the check names those of the wrong type. */
function configOf(type: 'SongUNet' | 'DhariwalUNet', given: Settings): EdmUNetConfig {
  const times = (count: unknown): number => (given.model_channels as number) * (count as number);
  const common = {
    imageSize: given.img_resolution,
    inChannels: given.img_channels,
    channels: given.model_channels,
    embChannels: times(given.channel_mult_emb ?? 4),
    channelMult: given.channel_mult,
    blocks: given.num_blocks,
    attentionResolutions: given.attn_resolutions,
    outputs: 1,
    classes: given.label_dim || 1,
    ...(given.augment_dim ? { augmentChannels: given.augment_dim } : {}),
    ...(given.dropout ? { dropout: given.dropout } : {}),
  };
  const song = {
    kind: 'song',
    noiseFeatures: given.embedding_type,
    noiseChannels: times(given.channel_mult_noise),
    filter: given.resample_filter,
    encoder: given.encoder_type,
    decoder: given.decoder_type,
  };
  return (type === 'SongUNet' ? { ...common, ...song } : { ...common, kind: 'dhariwal' }) as EdmUNetConfig;
}
