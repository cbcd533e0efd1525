/** Size of an image. */
export type ImageSize = { readonly height: number; readonly width: number; readonly channels: number };

/** 8-bit images of one size, one after the other: [count, height, width, channels], row-major. */
export type Images = ImageSize & { readonly count: number; readonly data: Uint8Array };

/** Return the images from `first` on, `count` of them at most, as a view. */
export function partOfImages(images: Images, first: number, count: number): Images {
  const size = images.height * images.width * images.channels;
  const taken = Math.min(count, images.count - first);
  return { ...images, data: images.data.subarray(first * size, (first + taken) * size), count: taken };
}
