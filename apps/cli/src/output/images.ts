/** 8-bit images, NHWC: `data.length = count * height * width * channels`. */
export type Images = {
  readonly data: Uint8Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
};

/** The `length` images from `first` on, as a view. */
export function sliceImages(images: Images, first: number, length: number): Images {
  const size = images.height * images.width * images.channels;
  return { ...images, data: images.data.subarray(first * size, (first + length) * size), count: length };
}
