import type { Conditioning } from './conditioning.js';

/** The part of a configuration that its inputs must fit. */
export type InputSizes = {
  readonly inChannels: number;
  readonly channelMult: readonly number[];
  readonly classes: number;
  readonly bothEnds?: boolean;
};

/**
 * Check the images [N, H, W, C] of a call and what it is conditioned on, before any work.
 *
 * @throws RangeError or TypeError when they do not fit the configuration or each other.
 */
export function checkInputs(where: string, config: InputSizes, shape: readonly number[], { noise, noiseEnd, labels }: Conditioning): void {
  const step = 2 ** (config.channelMult.length - 1);
  const [batch, height, width, channels] = shape;
  if (shape.length !== 4 || channels !== config.inChannels || height % step !== 0 || width % step !== 0) {
    throw new RangeError(
      `${where}: xt must be [N, H, W, ${config.inChannels}] with H and W divisible by ${step}, got [${shape}]; images are channels last here`,
    );
  }
  if (noise.length !== batch) throw new RangeError(`${where}: noise must have one value per image, ${batch}, got ${noise.length}`);
  const nan = noise.findIndex((value) => Number.isNaN(value));
  if (nan >= 0) throw new RangeError(`${where}: noise must be numbers, got NaN for image ${nan}`);
  if (noiseEnd && !config.bothEnds)
    throw new RangeError(`${where}: this network is conditioned on one noise level, but noiseEnd was given; leave it out`);
  if (noiseEnd && !(noiseEnd.length === batch && !noiseEnd.some((value) => Number.isNaN(value))))
    throw new RangeError(`${where}: noiseEnd must have one number per image, ${batch}, got [${noiseEnd}]`);
  checkLabels(where, config.classes, batch, labels);
}

function checkLabels(where: string, classes: number, batch: number, labels?: readonly number[]): void {
  if (classes === 1) {
    if (labels) throw new RangeError(`${where}: this network is unconditional (classes 1), but labels were given; leave them out`);
    return;
  }
  if (!labels) throw new TypeError(`${where}: this network has ${classes} classes and needs labels, one per image`);
  if (labels.length !== batch) throw new RangeError(`${where}: labels must have one value per image, ${batch}, got ${labels.length}`);
  for (const label of labels) {
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new RangeError(`${where}: a label must be an integer in [0, ${classes}), got ${label}`);
    }
  }
}

/** Check that `augment`, where it is given, has one row of `channels` finite numbers per image. @throws RangeError */
export function checkAugment(where: string, channels: number | undefined, batch: number, augment?: readonly (readonly number[])[]): void {
  if (!augment) return;
  if (channels === undefined) throw new RangeError(`${where}: this network knows no augmentation, but one was given; leave it out`);
  if (augment.length !== batch) throw new RangeError(`${where}: augment must have one row per image, ${batch}, got ${augment.length}`);
  for (const row of augment) {
    if (row.length !== channels || !row.every(Number.isFinite)) {
      throw new RangeError(`${where}: each row of augment must be ${channels} numbers, got [${row}]`);
    }
  }
}

const lists = ['down', 'mid', 'up', 'pyramid', 'readouts'] as const;
type Lists = Readonly<Partial<Record<(typeof lists)[number], readonly unknown[]>>>;

/** Check that parameters have as many stages as the configuration; the ops check their shapes. */
export function checkLists(where: string, plan: Lists, params: Lists): void {
  for (const list of lists) {
    const [expected, given] = [plan[list]?.length ?? 0, params[list]?.length ?? 0];
    if (given !== expected) {
      throw new RangeError(
        `${where}: the configuration has ${expected} stages in '${list}' but the parameters have ${given}; they belong to another network`,
      );
    }
  }
}

/** Check that parameters know of the end of a jump where their configuration does; others would read it as a class. */
export function checkEnd(where: string, { bothEnds = false }: Pick<InputSizes, 'bothEnds'>, { end }: { readonly end?: unknown }): void {
  if ((end !== undefined) !== bothEnds)
    throw new RangeError(`${where}: the configuration has bothEnds ${bothEnds} and the parameters differ; they belong to another network`);
}
