/** 8-bit images [count, height, width, channels], one after the other. */
export type ImageBatch = {
  readonly data: Uint8Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
};

/** The images from `first` on, `count` of them at most, as a view. */
export function partOfBatch(images: ImageBatch, first: number, count: number): ImageBatch {
  const size = images.height * images.width * images.channels;
  const taken = Math.min(count, images.count - first);
  return { ...images, data: images.data.subarray(first * size, (first + taken) * size), count: taken };
}
