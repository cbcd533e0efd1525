import { isIdentity } from './affine.js';
import { type Augmentation, drawAugmentation } from './augmentation.js';
import { type ImageShape, resampleImage } from './resample-image.js';

export type AugmentOptions = {
  /** Probability of each kind of augmentation, in [0, 1]; 0.12 for CIFAR-10 in the source. The left-right flip is always there, in half of the images. */
  readonly probability: number;
  readonly seed: number;
  readonly step: number;
};

/** Images after augmentation, and for each what a network is told of it. */
export type Augmented = { readonly images: Float32Array; readonly labels: readonly (readonly number[])[] };

/**
 * Augments a batch [B, height, width, channels] on the host, each image by itself: a function of (seed, step, place in the batch). A network that is told of it
 * (`labels`) learns the images as they were, so that nothing of it leaks into what it draws with a label of zeros. Source: Karras et al. 2022, Appendix F.2.
 *
 * @throws RangeError when probability is not in [0, 1] or the images are not whole ones.
 */
export function augmentImages(images: Float32Array, shape: ImageShape, { probability, seed, step }: AugmentOptions): Augmented {
  const size = shape.height * shape.width * shape.channels;
  const count = images.length / size;
  if (!Number.isInteger(count)) throw new RangeError(`augmentImages: expected images of ${size} numbers, got ${images.length} numbers`);
  const out = new Float32Array(images.length);
  const labels = Array.from({ length: count }, (_, sample) => {
    const augmentation = drawAugmentation(probability, shape, { seed, step, sample });
    out.set(augmentImage(images.subarray(sample * size, (sample + 1) * size), shape, augmentation), sample * size);
    return augmentation.label;
  });
  return { images: out, labels };
}

/** One image [height, width, channels]: flips, which are exact, then the map. */
export function augmentImage(image: Float32Array, shape: ImageShape, { flipX, flipY, source }: Augmentation): Float32Array {
  const flipped = flipImage(image, shape, flipX, flipY);
  return isIdentity(source) ? flipped : resampleImage(flipped, shape, source);
}

function flipImage(image: Float32Array, { height, width, channels }: ImageShape, flipX: boolean, flipY: boolean): Float32Array {
  if (!flipX && !flipY) return image;
  const out = new Float32Array(image.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = ((flipY ? height - 1 - y : y) * width + (flipX ? width - 1 - x : x)) * channels;
      out.set(image.subarray(from, from + channels), (y * width + x) * channels);
    }
  }
  return out;
}
