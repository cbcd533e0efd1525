import { gather, type ImageSet, type Picked } from '@tract/data';
import { augmentImages, streams } from '@tract/distill';
import { randomUniforms, type Tensor, tensor } from '@tract/tensor';
import type { NetworkConfig } from '@tract/unet';
import { dataError } from './errors.js';

/** What a training takes of its images, and what it does to them. */
export type BatchSettings = {
  readonly data: string;
  readonly seed: number;
  readonly batch: number;
  /** Equal parts of a batch, one after the other. */
  readonly accumulate?: number;
  /** Each image is mirrored half of the time. */
  readonly flip?: boolean;
  /** Probability of each of EDM's augmentations. */
  readonly augment?: number;
};

/** One batch on the host: images `shape` = [batch, height, width, channels] in [-1, 1], and what the network is told besides. */
export type HostBatch = {
  readonly values: Float32Array;
  readonly shape: readonly number[];
  readonly labels?: number[];
  readonly augment?: readonly (readonly number[])[];
};

/** The same as training takes it; the caller owns x0. */
export type TrainingBatch = Pick<HostBatch, 'labels' | 'augment'> & { readonly x0: Tensor };

/** @throws CliError (bad data) when a data set does not hold what a network takes. */
export function requireFit({ data }: BatchSettings, set: ImageSet, { imageSize, inChannels, classes }: NetworkConfig): void {
  if (set.height !== imageSize || set.width !== imageSize || set.channels !== inChannels) {
    throw dataError(
      `the images of ${data} are ${set.width}x${set.height} with ${set.channels} channels, the network takes ${imageSize}x${imageSize} with ${inChannels}; choose other images or another network`,
    );
  }
  if (classes === 1) return;
  if (set.labels.length === 0)
    throw dataError(`${data} says no classes, the network is told one of ${classes}; choose images with labels or another network`);
  let highest = 0;
  for (const label of set.labels) highest = Math.max(highest, label);
  if (highest >= classes)
    throw dataError(`${data} has an image of class ${highest}, the network knows ${classes} classes, from 0; choose other images`);
}

/** Batch number `step` of the images that were picked for it. What is done to them is a function of (seed, step) alone. */
export function hostBatch(picked: Picked, settings: BatchSettings, network: NetworkConfig, step: number): HostBatch {
  const { images: set, indices } = picked;
  const { seed, batch, flip, augment } = settings;
  const labels = network.classes > 1 ? picked.labels : undefined;
  const shape = [batch, set.height, set.width, set.channels];
  if (augment === undefined) {
    const flips = flip ? Array.from(randomUniforms({ seed, stream: streams.flip, step }, batch), (u) => u < 0.5) : undefined;
    return { values: gather(set, indices, { flip: flips }), shape, labels };
  }
  const { images, labels: told } = augmentImages(gather(set, indices), set, { probability: augment, seed, step });
  const isTold = 'augmentChannels' in network && network.augmentChannels !== undefined;
  return { values: images, shape, labels, ...(isTold && { augment: told }) };
}

export function trainingBatch(picked: Picked, settings: BatchSettings, network: NetworkConfig, step: number): TrainingBatch {
  const { values, shape, ...told } = hostBatch(picked, settings, network, step);
  return { x0: tensor(values, shape), ...told };
}
