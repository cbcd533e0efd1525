import { requireCount, requireFlag, requireLevels, requireOneOf, shown } from '../check-config.js';
import { requireSizes } from '../check-sizes.js';
import { type DhariwalUNetConfig, type EdmUNetConfig, noiseChannelsOf, type SongUNetConfig } from './edm-config.js';
import { groupsOfEdm, planEdm } from './edm-layout.js';

const where = 'EdmUNetConfig';
const mostTaps = 64;
const counts = ['imageSize', 'inChannels', 'channels', 'embChannels', 'blocks', 'outputs', 'classes'] as const;

/**
 * Check a configuration in full, also one that was read from a file.
 * @throws TypeError for a field of the wrong type.
 * @throws RangeError for a value that no network can be built from; the message says which and what would do.
 */
export function checkEdmUNetConfig(config: EdmUNetConfig): void {
  requireOneOf(where, 'kind', config.kind, ['song', 'dhariwal']);
  for (const name of counts) requireCount(where, name, config[name]);
  if (config.augmentChannels !== undefined) requireCount(where, 'augmentChannels', config.augmentChannels);
  if (config.dropout !== undefined && !(typeof config.dropout === 'number' && config.dropout >= 0 && config.dropout < 1))
    throw new RangeError(`${where}: dropout must be a number in [0, 1), got ${shown(config.dropout)}`);
  if (config.bothEnds !== undefined) requireFlag(where, 'bothEnds', config.bothEnds);
  requireLevels(where, config);
  if (config.kind === 'song') checkSong(config);
  else checkDhariwal(config);
  requireSizes(where, config);
  const noiseChannels = noiseChannelsOf(config);
  if (noiseChannels % 2 !== 0 || noiseChannels < 4) {
    const name = config.kind === 'song' ? 'noiseChannels' : 'channels';
    throw new RangeError(`${where}: ${name} must be even and at least 4 (sines and cosines of the noise level), got ${noiseChannels}`);
  }
  checkWidths(config);
}

function checkSong({ noiseFeatures, noiseChannels, filter, encoder, decoder }: SongUNetConfig): void {
  requireOneOf(where, 'noiseFeatures', noiseFeatures, ['positional', 'fourier']);
  requireOneOf(where, 'encoder', encoder, ['standard', 'skip', 'residual']);
  requireOneOf(where, 'decoder', decoder, ['standard', 'skip']);
  requireCount(where, 'noiseChannels', noiseChannels);
  if (!Array.isArray(filter) || !filter.every((tap) => typeof tap === 'number')) {
    throw new TypeError(`${where}: filter must be a list of numbers, got ${shown(filter)}`);
  }
  const sum = filter.reduce((total, tap) => total + tap, 0);
  if (filter.length === 0 || filter.length > mostTaps || filter.length % 2 !== 0 || !Number.isFinite(sum) || sum === 0) {
    throw new RangeError(`${where}: filter must be an even number of taps, at most ${mostTaps}, whose sum is not 0, got ${shown(filter)}`);
  }
}

function checkDhariwal(config: DhariwalUNetConfig): void {
  for (const name of ['headDim', 'heads', 'groups'] as const) if (config[name] !== undefined) requireCount(where, name, config[name]);
  for (const name of ['scaleShift', 'resampleInBlocks', 'sinesFirst'] as const)
    if (config[name] !== undefined) requireFlag(where, name, config[name]);
  if (config.heads !== undefined && config.headDim !== undefined)
    throw new RangeError(`${where}: give heads or headDim, not both, got heads ${config.heads} and headDim ${config.headDim}`);
  if (config.halvingPad !== undefined) requireOneOf(where, 'halvingPad', config.halvingPad, ['around', 'after']);
  if (config.eps !== undefined && !(typeof config.eps === 'number' && config.eps > 0 && config.eps < 1))
    throw new RangeError(`${where}: eps must be a number between 0 and 1, got ${shown(config.eps)}`);
}

function checkWidths(config: EdmUNetConfig): void {
  const { down, mid, up } = planEdm(config);
  for (const stage of [...down, ...mid, ...up]) {
    if (stage.kind === 'conv') continue;
    for (const width of [stage.cIn, stage.cOut]) {
      const isGiven = config.kind === 'dhariwal' && config.groups !== undefined;
      const groups = groupsOfEdm(config, width);
      if (isGiven && width % groups !== 0) {
        throw new RangeError(
          `${where}: ${width} channels, which a block of this network works on, do not make ${groups} groups; change groups`,
        );
      }
      if (!isGiven && (width < 4 || width % groups !== 0)) {
        throw new RangeError(
          `${where}: ${width} channels, which a block of this network works on, do not make ${Math.max(1, groups)} groups of at least 4; change channels or channelMult`,
        );
      }
    }
    if (config.kind === 'dhariwal' && config.headDim !== undefined && stage.heads > 0 && stage.cOut % config.headDim !== 0) {
      throw new RangeError(
        `${where}: the channels of a level with attention must be divisible by headDim ${config.headDim}, got ${stage.cOut}; change headDim or channels`,
      );
    }
    if (stage.heads > 0 && stage.cOut % stage.heads !== 0) {
      throw new RangeError(
        `${where}: the channels of a level with attention must be divisible by its ${stage.heads} heads, got ${stage.cOut}; change channels or channelMult`,
      );
    }
  }
}
