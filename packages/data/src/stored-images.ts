import { decodePicture, type PictureForm, requireLike } from './decode-picture.js';
import { type ImagePlace, placeReader } from './image-place.js';
import { pixelsOfPlanes } from './planes.js';

/** Images in files, described by plain data so that any thread can read one without looking at the others. */
export type StoredImages = {
  readonly form: ImageForm;
  /** Return the place of image `index`. */
  readonly place: (index: number) => ImagePlace;
};

/** Form of the bytes of all images of a set: files of pictures, or pixels as planes of colour. */
export type ImageForm = PictureForm | { readonly kind: 'planes'; readonly channels: number };

/** An image as [height, width, channels]. @throws DataError that names it. */
export type ReadImage = (place: ImagePlace) => Uint8Array;

/** Make a reader of the images of a set, for one thread. */
export function imageReader(form: ImageForm): ReadImage {
  const bytesAt = placeReader();
  return (place) => {
    if (form.kind === 'planes') return pixelsOfPlanes(bytesAt(place), form.channels);
    return requireLike(decodePicture(bytesAt(place), place.title, form), form.like, place.title).data;
  };
}
