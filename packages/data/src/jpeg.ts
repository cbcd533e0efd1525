import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import createDecoder, { type MozJPEGModule } from '@jsquash/jpeg/codec/dec/mozjpeg_dec.js';
import { DataError } from './data-error.js';
import { MAX_PIXELS, type Picture } from './picture.js';

/**
 * Decodes a JPEG of grey or colour, baseline or progressive, as libjpeg does: the same bytes as Pillow's. Its orientation tag is not applied,
 * as Pillow does not either; CMYK is refused rather than converted.
 * @throws DataError naming `source`, also when the file is cut off or its decoder warns of damage.
 */
export function readJpeg(bytes: Uint8Array, source: string): Picture {
  const damaged = (reason: string, cause?: unknown): DataError => new DataError('damaged', `${source}: ${reason}`, { cause });
  const { width, height, channels } = frameOf(bytes, damaged);
  if (width * height > MAX_PIXELS) throw damaged(`${width}x${height} are more than ${MAX_PIXELS} pixels`);
  warnings.length = 0;
  let rgba: Uint8ClampedArray | undefined;
  try {
    decoder ??= startDecoder();
    rgba = decoder.decode(bytes as BufferSource, false)?.data;
  } catch (cause) {
    decoder = undefined; // it has ended itself
    throw damaged(`does not decode (${warnings[0] ?? (cause as Error).message})`, cause);
  }
  if (warnings.length > 0) throw damaged(`does not decode (${warnings[0]})`);
  if (rgba?.length !== width * height * 4) throw damaged('does not decode');
  const pixels = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++) for (let c = 0; c < channels; c++) pixels[i * channels + c] = rgba[i * 4 + c];
  return { height, width, channels, pixels };
}

export const isJpegContent = (bytes: Uint8Array): boolean => bytes[0] === 0xff && bytes[1] === 0xd8;

/** Size and channels from the frame header, before anything is allocated for them. */
function frameOf(bytes: Uint8Array, damaged: (reason: string) => DataError): { width: number; height: number; channels: number } {
  if (!isJpegContent(bytes)) throw damaged('not a JPEG file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1];
    if (isFrame(marker)) {
      const [depth, components] = [bytes[at + 4], bytes[at + 9]];
      if (depth !== 8 || (components !== 1 && components !== 3))
        throw damaged(`expected 8-bit grey or colour, got ${depth} bits with ${components} components; convert it`);
      return { height: view.getUint16(at + 5), width: view.getUint16(at + 7), channels: components };
    }
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2);
  }
  throw damaged('it has no frame header');
}

/** SOF0 to SOF15; among these numbers are also DHT, JPG and DAC. */
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

let decoder: MozJPEGModule | undefined;
/** What the decoder said of the image at hand. */
const warnings: string[] = [];

/** libjpeg as WebAssembly, compiled when the first JPEG comes. Its exports are there as soon as the factory returns: nothing is fetched. */
function startDecoder(): MozJPEGModule {
  const wasm = new WebAssembly.Module(readFileSync(createRequire(import.meta.url).resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm')));
  const options = {
    noInitialRun: true,
    instantiateWasm: (imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void): WebAssembly.Exports => {
      const instance = new WebAssembly.Instance(wasm, imports);
      done(instance);
      return instance.exports;
    },
    printErr: (line: string) => warnings.push(line),
  };
  void createDecoder(options);
  return options as unknown as MozJPEGModule;
}
