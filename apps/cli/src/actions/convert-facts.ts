import type { NamedArray } from '@tract/checkpoint';
import type { UNetConfig } from '@tract/unet';
import { dataError } from '../errors.js';

/** What the shapes of a U-Net's weights say about it. */
export type Facts = Pick<
  UNetConfig,
  'inChannels' | 'channels' | 'embChannels' | 'channelMult' | 'blocks' | 'scaleShift' | 'resampleInBlocks' | 'outputs' | 'classes'
> & {
  /** Whether the blocks of each level have attention. */
  readonly attention: readonly boolean[];
  /** Only where the shapes tell. */
  readonly heads?: number;
  readonly headDim?: number;
};

/** One residual block on the way down, or a change of resolution. */
export type Step =
  | { readonly kind: 'block'; readonly width: number; readonly attention: boolean }
  | { readonly kind: 'halving'; readonly inBlock: boolean };

export type Shapes = {
  readonly path: string;
  readonly arrays: ReadonlyMap<string, NamedArray>;
};

/** The shape of an array that every network of the family has. @throws CliError (bad data) */
export function shapeOf({ path, arrays }: Shapes, name: string, rank: number): readonly number[] {
  const shape = arrays.get(name)?.shape;
  if (!shape) throw dataError(`${path}: '${name}' is missing, without which the network is not known`);
  if (shape.length !== rank) throw dataError(`${path}: '${name}' must have ${rank} axes, got shape [${shape}]`);
  return shape;
}

/** The levels of a network from its way down. @throws CliError (bad data) when they differ in more than their width. */
export function levelsOf(
  path: string,
  channels: number,
  steps: readonly Step[],
): Pick<Facts, 'channelMult' | 'blocks' | 'attention' | 'resampleInBlocks'> {
  const levels: Extract<Step, { kind: 'block' }>[][] = [[]];
  for (const step of steps) {
    if (step.kind === 'halving') levels.push([]);
    else levels[levels.length - 1].push(step);
  }
  const halvings = steps.filter((step) => step.kind === 'halving');
  const blocks = levels[0].length;
  const isRegular = levels.every(
    (level) =>
      level.length === blocks &&
      level.every(({ width, attention }) => width === level[0].width && attention === level[0].attention && width % channels === 0),
  );
  if (blocks === 0 || !isRegular || halvings.some(({ inBlock }) => inBlock !== halvings[0].inBlock))
    throw dataError(`${path}: its levels differ in more than their width, a network that is not known`);
  return {
    channelMult: levels.map(([{ width }]) => width / channels),
    blocks,
    attention: levels.map(([{ attention }]) => attention),
    // With one level there is nothing to resample.
    resampleInBlocks: halvings[0]?.inBlock ?? true,
  };
}

/** How many images the output is, stacked along the channels. */
export function outputsOf(path: string, outChannels: number, inChannels: number): number {
  const outputs = outChannels / inChannels;
  if (outputs !== 1 && outputs !== 2)
    throw dataError(
      `${path}: a network of ${inChannels} channels that puts out ${outChannels} is not known; expected as many or twice as many`,
    );
  return outputs;
}
