import type { SongUNetConfig } from './edm/edm-config.js';

type Common =
  | 'imageSize'
  | 'inChannels'
  | 'channels'
  | 'embChannels'
  | 'channelMult'
  | 'blocks'
  | 'attentionResolutions'
  | 'outputs'
  | 'classes';

/** The sizes of a configuration, of any family, each of which has been checked to be a whole number, or a list of them. */
export type NetworkSizes = Pick<SongUNetConfig, Common> & Partial<Pick<SongUNetConfig, 'augmentChannels' | 'noiseChannels'>>;

/** Largest values of single sizes: far above every network that is known, and small enough to be counted with. */
const limits = {
  ...{ imageSize: 2 ** 14, inChannels: 2 ** 12, channels: 2 ** 16, embChannels: 2 ** 18, blocks: 2 ** 10 },
  ...{ outputs: 2 ** 4, classes: 2 ** 20, augmentChannels: 2 ** 12, noiseChannels: 2 ** 16 },
};
const mostLevels = 14;
const mostSides = 2 ** 10;
/** Elements of the largest feature map of one image: those of one tensor. */
const mostElements = 2 ** 31;
/** 16 GiB as float32. */
const mostParameters = 2 ** 32;

/**
 * Check that a network can be held in memory at all, by closed forms alone: before it is planned, and whatever a file says.
 *
 * @throws RangeError that names the size.
 */
export function requireSizes(where: string, sizes: NetworkSizes): void {
  for (const [name, most] of Object.entries(limits)) requireAtMost(where, name, sizes[name as keyof typeof limits] ?? 0, most);
  requireAtMost(where, 'the number of levels in channelMult', sizes.channelMult.length, mostLevels);
  requireAtMost(where, 'the number of attentionResolutions', sizes.attentionResolutions.length, mostSides);
  const widths = sizes.channelMult.map((mult) => mult * sizes.channels);
  for (const width of widths) requireAtMost(where, 'channels times an entry of channelMult', width, limits.channels);
  const maps = widths.map((width, level) => (sizes.imageSize / 2 ** level) ** 2 * width);
  requireAtMost(where, 'the numbers in one feature map (pixels times channels)', Math.max(...maps), mostElements);
  requireAtMost(where, 'the number of parameters, at least,', leastParameters(sizes, widths), mostParameters);
}

/** Bound the parameters from below: the second 3x3 convolution and the embedding's layer of every block, and the embedding's own. */
function leastParameters({ blocks, embChannels, classes }: NetworkSizes, widths: readonly number[]): number {
  const stages = widths.reduce((sum, width) => sum + (2 * blocks + 1) * (9 * width ** 2 + embChannels * width), 0);
  return stages + embChannels * (embChannels + classes);
}

function requireAtMost(where: string, name: string, value: number, most: number): void {
  if (value > most) throw new RangeError(`${where}: ${name} must be at most ${most}, got ${value}`);
}
