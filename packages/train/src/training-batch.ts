import { classesOf, DataError, gather, type ImageSet, openBatches, type Picked } from '@tract/data';
import { augmentImages, streams } from '@tract/distill';
import { randomUniforms, type Tensor, tensor } from '@tract/tensor';
import type { NetworkConfig } from '@tract/unet';
import type { BatchSettings } from './task-settings.js';

/** One batch on the host: images of `shape` [batch, height, width, channels] in [-1, 1], and what the network is conditioned on. */
export type HostBatch = {
  readonly values: Float32Array;
  readonly shape: readonly number[];
  readonly labels?: number[];
  readonly augment?: readonly (readonly number[])[];
};

/** A batch as a training step takes it; the caller owns x0. */
export type TrainingBatch = Pick<HostBatch, 'labels' | 'augment'> & { readonly x0: Tensor };

const mismatch = (message: string) => new DataError('mismatch', message);

/** Which sets a network may be trained on. */
export type FitOptions = {
  /** Take a set that has names for fewer classes than the network knows. Default: false. */
  readonly fewerClasses?: boolean;
};

/** Check that a data set holds what a network takes. @throws DataError (mismatch) */
export function requireFit(
  { data }: BatchSettings,
  set: ImageSet,
  { imageSize, inChannels, classes }: NetworkConfig,
  { fewerClasses = false }: FitOptions = {},
): void {
  if (set.height !== imageSize || set.width !== imageSize || set.channels !== inChannels) {
    throw mismatch(
      `the images of ${data} are ${set.width}x${set.height} with ${set.channels} channels, the network takes ${imageSize}x${imageSize} with ${inChannels}; choose other images or another network`,
    );
  }
  if (classes === 1) return;
  if (set.labels.length === 0)
    throw mismatch(`${data} has no labels, the network is conditioned on one of ${classes}; choose images with labels or another network`);
  const found = classesOf(set);
  if (found > classes)
    throw mismatch(
      set.classNames
        ? `${data} has ${found} classes, the network knows ${classes}; choose other images or another network`
        : `${data} has an image of class ${found - 1}, the network knows ${classes} classes, from 0; choose other images`,
    );
  // Numbers of a file say themselves which classes are meant; those that follow from names do not.
  if (set.classNames && found < classes && !fewerClasses)
    throw mismatch(
      `${data} has ${found} classes, the network knows ${classes}, so that its numbers may mean others; choose a network of ${found} classes, or allow fewer (--fewer-classes)`,
    );
}

/** Make batch number `step` of the images that were picked for it. How they are mirrored and augmented is a function of (seed, step) alone. */
export function hostBatch(picked: Picked, settings: BatchSettings, network: NetworkConfig, step: number): HostBatch {
  const { images: set, slots } = picked;
  const { seed, batch, flip, augment } = settings;
  const labels = network.classes > 1 ? picked.labels : undefined;
  const shape = [batch, set.height, set.width, set.channels];
  if (augment === undefined) {
    const flips = flip ? Array.from(randomUniforms({ seed, stream: streams.flip, step }, batch), (u) => u < 0.5) : undefined;
    return { values: gather(set, slots, { flip: flips }), shape, labels };
  }
  const { images, labels: applied } = augmentImages(gather(set, slots), set, { probability: augment, seed, step });
  const isConditioned = 'augmentChannels' in network && network.augmentChannels !== undefined;
  return { values: images, shape, labels, ...(isConditioned && { augment: applied }) };
}

/** Make batch number `step` as tensors of the active backend. The caller owns x0. */
export function trainingBatch(picked: Picked, settings: BatchSettings, network: NetworkConfig, step: number): TrainingBatch {
  const { values, shape, ...conditions } = hostBatch(picked, settings, network, step);
  return { x0: tensor(values, shape), ...conditions };
}

/** The first batch of a training, in numbers: its shape, its lowest and highest value, and the first classes that the network is conditioned on. */
export type FirstBatch = Pick<HostBatch, 'shape' | 'labels'> & { readonly range: readonly [lowest: number, highest: number] };

/** Make the first batch of a training, for a look at it before the run. @throws DataError for a set that does not fit the network, or cannot be read. */
export async function firstBatch(
  set: ImageSet,
  settings: BatchSettings,
  network: NetworkConfig,
  fit: FitOptions = {},
): Promise<FirstBatch> {
  requireFit(settings, set, network, fit);
  const picked = await openBatches(set, { seed: settings.seed, batchSize: settings.batch }).pick(0);
  const { values, shape, labels } = hostBatch(picked, settings, network, 0);
  const [lowest, highest] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  return { shape, range: [lowest, highest], ...(labels && { labels: labels.slice(0, 8) }) };
}
