/** One image: `data` is [height, width, channels], row-major. Bytes, or floats in any range. */
export type Raster<D extends Uint8Array | Float32Array = Uint8Array | Float32Array> = {
  readonly data: D;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
};

export type RasterSize = { readonly height: number; readonly width: number };

/** @throws RangeError for sizes that are no positive integers, or data of another length. */
export function checkResize(where: string, { data, height, width, channels }: Raster, to: RasterSize): void {
  for (const [name, size] of Object.entries({ height, width, channels, 'new height': to.height, 'new width': to.width })) {
    if (!(Number.isInteger(size) && size >= 1)) throw new RangeError(`${where}: ${name} must be an integer ≥ 1, got ${size}`);
  }
  if (data.length !== height * width * channels) {
    throw new RangeError(`${where}: ${height} × ${width} × ${channels} needs ${height * width * channels} values, got ${data.length}`);
  }
}
