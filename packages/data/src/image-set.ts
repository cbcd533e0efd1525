/** Labelled images as bytes. `images` is [count, height, width, channels], row-major; `labels` has one class number per image. */
export type ImageSet = {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
};

export type GatherOptions = {
  /** Per image of the batch: whether it is mirrored left to right. */
  readonly flip?: ArrayLike<boolean>;
};

/**
 * The images at `indices` as network input: [indices.length, height, width, channels], x / 127.5 - 1, so in [-1, 1]. `toBytes` is its inverse.
 * @throws RangeError when an index is not in [0, count) or `flip` has another length than `indices`.
 */
export function gather(set: ImageSet, indices: ArrayLike<number>, { flip }: GatherOptions = {}): Float32Array {
  const { images, count, height, width, channels } = set;
  if (flip && flip.length !== indices.length) throw new RangeError(`gather: flip has ${flip.length} entries for ${indices.length} indices`);
  const pixels = height * width * channels;
  const batch = new Float32Array(indices.length * pixels);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i];
    if (!(Number.isInteger(index) && index >= 0 && index < count))
      throw new RangeError(`gather: index must be in [0, ${count}), got ${index}`);
    const from = index * pixels;
    const to = i * pixels;
    if (flip?.[i]) {
      for (let p = 0; p < pixels; p++) batch[to + p] = unitFromByte[images[from + mirrored(p, width, channels)]];
    } else {
      for (let p = 0; p < pixels; p++) batch[to + p] = unitFromByte[images[from + p]];
    }
  }
  return batch;
}

const unitFromByte = Float32Array.from({ length: 256 }, (_, byte) => byte / 127.5 - 1);

/** Where offset `p` of an image [height, width, channels] comes from when the image is mirrored left to right. */
function mirrored(p: number, width: number, channels: number): number {
  const channel = p % channels;
  const x = ((p - channel) / channels) % width;
  return p + (width - 1 - 2 * x) * channels;
}

/**
 * Network output as bytes: round((x + 1) · 127.5), what is outside [-1, 1] clamped.
 * @throws RangeError at a NaN, which is a network that diverged and not a colour.
 */
export function toBytes(values: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (Number.isNaN(value)) throw new RangeError(`toBytes: value ${i} is NaN`);
    bytes[i] = Math.round(Math.min(Math.max((value + 1) * 127.5, 0), 255));
  }
  return bytes;
}
