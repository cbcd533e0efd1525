import { DataError, type DataErrorKind } from './data-error.js';
import type { ImagePlace } from './image-place.js';
import type { ReadImage } from './stored-images.js';

/** An image to read: where it lies, and its number among the images of the memory that it goes to. */
export type ReadItem = { readonly index: number; readonly place: ImagePlace; readonly slot: number };

/** An image that could not be read, and why. */
export type ReadFailure = { readonly index: number; readonly kind: DataErrorKind; readonly message: string };

/** Read images into memory that holds images one after another. What is not read is told, and its slot is left as it was. */
export const readImages = (read: ReadImage, items: readonly ReadItem[], memory: Uint8Array): ReadFailure[] =>
  items.flatMap(({ index, place, slot }) => {
    try {
      const image = read(place);
      memory.set(image, slot * image.length);
      return [];
    } catch (error) {
      return [failureOf(index, error)];
    }
  });

/** @throws what is no DataError: that is not the fault of the image. */
export function failureOf(index: number, error: unknown): ReadFailure {
  if (!(error instanceof DataError)) throw error;
  return { index, kind: error.kind, message: error.message };
}
