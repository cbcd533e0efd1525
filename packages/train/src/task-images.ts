import {
  type BatchOptions,
  fingerprintOf,
  type ImageBatches,
  type ImageSet,
  openBatches,
  type SetFacts,
  type SetFingerprint,
} from '@tract/data';
import type { NetworkConfig } from '@tract/unet';
import type { Checkpoint } from './checkpoint.js';
import type { BatchSettings } from './task-settings.js';
import { type FitOptions, requireFit } from './training-batch.js';

/** Images of a task. */
export type TaskImages = FitOptions & {
  /** A set, or how to load it once the run has been opened. */
  readonly images: ImageSet | (() => Promise<ImageSet>);
  /** Called with the set once it is known to fit the network, before a batch is read. */
  readonly onSet?: (set: ImageSet) => void | Promise<void>;
  /** Reading of images in files. The result does not depend on it, but for images that cannot be read. */
  readonly reading?: Pick<BatchOptions, 'threads' | 'keepBytes' | 'maxBadSamples' | 'onBad'>;
};

/** Batches of a task, the set that they are from, and the names of its classes by number where the network is conditioned on them. */
export type OpenedImages = ImageBatches & Pick<SetFacts, 'classNames'> & { readonly data: SetFingerprint };

/** Open the batches of a task from where it begins or goes on; reading begins now. The caller closes them. @throws DataError when the images do not fit the network. */
export async function openTaskImages(
  { images, onSet, fewerClasses, reading }: TaskImages,
  settings: BatchSettings,
  network: NetworkConfig,
  from: Checkpoint | undefined,
): Promise<OpenedImages> {
  const set = typeof images === 'function' ? await images() : images;
  requireFit(settings, set, network, { fewerClasses });
  await onSet?.(set);
  const fingerprint = await fingerprintOf(set);
  const { data, seed, batch } = settings;
  const isSame = from?.config.settings.data === data && (from.state.data ?? fingerprint).sha256 === fingerprint.sha256;
  const batches = openBatches(set, {
    ...reading,
    seed,
    batchSize: batch,
    first: from?.state.step,
    // They are numbers of images of one set, and mean nothing in another.
    bad: isSame ? from?.state.badSamples : undefined,
  });
  return { ...batches, data: fingerprint, ...(network.classes > 1 && { classNames: set.classNames }) };
}
