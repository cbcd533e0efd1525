/** 8-bit images [count, height, width, channels], one after the other. */
export type ImageBatch = {
  readonly data: Uint8Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
};

/** 8-bit images of one size that are taken some at a time, wherever they are kept. */
export type ImageSeries = Omit<ImageBatch, 'data'> & {
  /** Return the images from `first` on, `count` of them at most. */
  readonly take: (first: number, count: number) => ImageBatch;
};

/** Make a series of images in memory; give a series back as it is. */
export const seriesOf = (images: ImageBatch | ImageSeries): ImageSeries =>
  'take' in images ? images : { ...images, take: (first, count) => partOfBatch(images, first, count) };

/** The images from `first` on, `count` of them at most, as a view. */
export function partOfBatch(images: ImageBatch, first: number, count: number): ImageBatch {
  const size = images.height * images.width * images.channels;
  const taken = Math.min(count, images.count - first);
  return { ...images, data: images.data.subarray(first * size, (first + taken) * size), count: taken };
}
