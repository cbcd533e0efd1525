import { type Images, partOfImages } from '@tract/images';

/** 8-bit images of one size that are taken some at a time, wherever they are kept. */
export type ImageSeries = Omit<Images, 'data'> & {
  /** Return the images from `first` on, `count` of them at most. */
  readonly take: (first: number, count: number) => Images;
};

/** Make a series of images in memory; give a series back as it is. */
export const seriesOf = (images: Images | ImageSeries): ImageSeries =>
  'take' in images ? images : { ...images, take: (first, count) => partOfImages(images, first, count) };

/** Return the images of a series from `first` on, `count` of them. @throws RangeError where the series has fewer */
export function partOfSeries(images: Images | ImageSeries, first: number, count: number): ImageSeries {
  const { take, ...size } = seriesOf(images);
  if (first + count > size.count) throw new RangeError(`expected images ${first} to ${first + count} of a series, which has ${size.count}`);
  return { ...size, count, take: (from, most) => take(first + from, Math.min(most, count - from)) };
}
