/** Side of a picture in pixels; pictures are kept as bytes of grey, one row after the other. */
export const pictureSize = 28;
export const pictureBytes = pictureSize ** 2;

const fileName = 'tract-own-pictures';

const folder = (): Promise<FileSystemDirectoryHandle> => navigator.storage.getDirectory();

/** Read the pictures that are kept in this browser, 784 bytes each; none where there are none. */
export async function keptPictures(): Promise<Uint8Array<ArrayBuffer>> {
  const file = await (await folder()).getFileHandle(fileName).catch(() => undefined);
  return file ? new Uint8Array(await (await file.getFile()).arrayBuffer()) : new Uint8Array();
}

/** Keep pictures in this browser in place of those that were kept. */
export async function keepPictures(pictures: Uint8Array<ArrayBuffer>): Promise<void> {
  const writer = await (await (await folder()).getFileHandle(fileName, { create: true })).createWritable();
  await writer.write(pictures);
  await writer.close();
}

/** Make a picture of a file: its middle square, 28 x 28, in grey. @throws Error when this browser cannot read it. */
export async function pictureOf(file: File): Promise<Uint8Array<ArrayBuffer>> {
  const whole = await createImageBitmap(file).catch(() => {
    throw new Error(`${file.name} is no picture that this browser reads`);
  });
  const side = Math.min(whole.width, whole.height);
  const context = new OffscreenCanvas(pictureSize, pictureSize).getContext('2d', { willReadFrequently: true })!;
  context.imageSmoothingQuality = 'high';
  context.fillRect(0, 0, pictureSize, pictureSize); // where it is transparent
  context.drawImage(whole, (whole.width - side) / 2, (whole.height - side) / 2, side, side, 0, 0, pictureSize, pictureSize);
  whole.close();
  return inGrey(context.getImageData(0, 0, pictureSize, pictureSize).data);
}

/** Return the luma of pixels [.,4] of red, green, blue and alpha. Source: ITU-R BT.601. */
export function inGrey(pixels: Uint8ClampedArray): Uint8Array<ArrayBuffer> {
  const grey = (i: number): number => Math.round(0.299 * pixels[4 * i] + 0.587 * pixels[4 * i + 1] + 0.114 * pixels[4 * i + 2]);
  return Uint8Array.from({ length: pixels.length / 4 }, (_, i) => grey(i));
}

/** Return each picture nine times, moved by -2, 0 and 2 pixels each way, its border drawn out: a few pictures are learnt by heart otherwise. */
export function moved(pictures: Uint8Array): Uint8Array<ArrayBuffer> {
  const ways = [-2, 0, 2].flatMap((dy) => [-2, 0, 2].map((dx) => [dx, dy] as const));
  const inside = (at: number): number => Math.min(pictureSize - 1, Math.max(0, at));
  const all = new Uint8Array(pictures.length * ways.length);
  for (let at = 0; at < all.length; at++) {
    const copy = Math.floor(at / pictureBytes);
    const [dx, dy] = ways[copy % ways.length];
    const [x, y] = [at % pictureSize, Math.floor((at % pictureBytes) / pictureSize)];
    all[at] = pictures[Math.floor(copy / ways.length) * pictureBytes + inside(y - dy) * pictureSize + inside(x - dx)];
  }
  return all;
}
