import type { UNetConfig } from '@tract/unet';
import { badCheckpoint } from './convert-error.js';
import type { Tensors } from './foreign-checkpoint.js';

/** Sizes of a U-Net that the shapes of its weights tell. */
export type Facts = Pick<
  UNetConfig,
  'inChannels' | 'channels' | 'embChannels' | 'channelMult' | 'blocks' | 'scaleShift' | 'resampleInBlocks' | 'outputs' | 'classes'
> & {
  /** True for each level, from the full resolution down, whose blocks have attention. */
  readonly attention: readonly boolean[];
  /** Present only if the shapes tell. */
  readonly heads?: number;
  readonly headDim?: number;
};

/** A residual block on the way down, or a halving of the resolution. */
export type Step =
  | { readonly kind: 'block'; readonly width: number; readonly attention: boolean }
  | { readonly kind: 'halving'; readonly inBlock: boolean };

/** Tensors of one network, and the name of their file for messages. */
export type NamedTensors = { readonly name: string; readonly tensors: Tensors };

/** Return the shape of a tensor that every network of a format has. @throws ConvertError if it is missing or of another rank. */
export function shapeOf({ name: source, tensors }: NamedTensors, name: string, rank: number): readonly number[] {
  const shape = tensors.get(name)?.shape;
  if (!shape) throw badCheckpoint(`${source}: '${name}' is missing, without which the network is not known`);
  if (shape.length !== rank) throw badCheckpoint(`${source}: '${name}' must have ${rank} axes, got shape [${shape}]`);
  return shape;
}

/** Return the levels of a network from its way down. @throws ConvertError if they differ in more than their width. */
export function levelsOf(
  source: string,
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
    throw badCheckpoint(`${source}: its levels differ in more than their width, a network that is not known`);
  return {
    channelMult: levels.map(([{ width }]) => width / channels),
    blocks,
    attention: levels.map(([{ attention }]) => attention),
    // With one level there is nothing to resample.
    resampleInBlocks: halvings[0]?.inBlock ?? true,
  };
}

/** Return how many images are stacked along the channels of the output. */
export function outputsOf(source: string, outChannels: number, inChannels: number): number {
  const outputs = outChannels / inChannels;
  if (outputs !== 1 && outputs !== 2)
    throw badCheckpoint(
      `${source}: a network of ${inChannels} channels with ${outChannels} output channels is not known; expected as many or twice as many`,
    );
  return outputs;
}
