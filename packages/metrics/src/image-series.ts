import { type Images, partOfImages } from '@tract/images';

/** 8-bit images of one size that are taken some at a time, wherever they are kept. */
export type ImageSeries = Omit<Images, 'data'> & {
  /** Return the images from `first` on, `count` of them at most. */
  readonly take: (first: number, count: number) => Images;
};

/** Make a series of images in memory; give a series back as it is. */
export const seriesOf = (images: Images | ImageSeries): ImageSeries =>
  'take' in images ? images : { ...images, take: (first, count) => partOfImages(images, first, count) };
