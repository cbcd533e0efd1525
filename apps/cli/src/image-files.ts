import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { type NamedArray, readNpy, readNpz, readZip, writeNpz } from '@tract/checkpoint';
import { decode } from 'fast-png';
import { writeFileAtomically, writeFolderAtomically } from './atomic.js';
import { dataError, usageError } from './errors.js';
import { makeFolder, requireRoom } from './folders.js';
import { gridPng, imagePng } from './grid.js';
import type { Images } from './images.js';

export type OutputKind = 'png' | 'npz' | 'folder';

/**
 * How --out will be written, checked before any work: a .png grid, an .npz archive, or a folder of PNGs that is absent or empty.
 * @throws CliError (usage)
 */
export function outputKind(out: string): OutputKind {
  requireRoom(out);
  const extension = extname(out).toLowerCase();
  const isFolder = existsSync(out) && statSync(out).isDirectory();
  if (extension === '.png' || extension === '.npz') {
    if (isFolder) throw usageError(`--out ${out} is a folder; choose another file name`);
    return extension === '.png' ? 'png' : 'npz';
  }
  if (extension !== '' && !isFolder) throw usageError(`--out ${out} must end in .png or .npz, or be a folder`);
  if (existsSync(out) && !isFolder) throw usageError(`--out ${out} is a file; give a .png, an .npz or a folder`);
  if (isFolder && readdirSync(out).length > 0) throw usageError(`--out ${out} exists and is not empty; choose another folder`);
  return 'folder';
}

/** Columns of a grid that is about square. */
export const squareColumns = (count: number): number => Math.ceil(Math.sqrt(count));

/** Writes images as a labelled-free grid, as uint8 NHWC under `images`, or as one PNG each (000000.png and so on); whole or not at all. */
export function writeImages(out: string, kind: OutputKind, images: Images, text: Record<string, string>): void {
  if (kind !== 'folder') makeFolder(dirname(out));
  if (kind === 'png') {
    writeFileAtomically(out, gridPng([{ images }], { columns: squareColumns(images.count), text }));
    return;
  }
  if (kind === 'npz') {
    const { data, count, height, width, channels } = images;
    writeFileAtomically(out, writeNpz([['images', { dtype: 'U8', shape: [count, height, width, channels], data }]]));
    return;
  }
  const files = Array.from({ length: images.count }, (_, i) => [`${String(i).padStart(6, '0')}.png`, imagePng(images, i)] as const);
  if (existsSync(out)) rmSync(out, { recursive: true });
  writeFolderAtomically(out, new Map(files));
}

/**
 * Reads 8-bit images: a folder or a zip of PNGs, sorted by name, an .npz with `images` or `arr_0`, or an .npy.
 * @throws CliError or CheckpointError (exit code 3) that names the file.
 */
export async function readImages(path: string): Promise<Images> {
  if (statSync(path).isDirectory()) return readPngFolder(path);
  const bytes = readFileSync(path);
  switch (extname(path).toLowerCase()) {
    case '.npy':
      return imagesOfArray(readNpy(bytes, { source: path }), path);
    case '.zip':
      return readPngZip(bytes, path);
    default:
      return imagesOfArchive(await readNpz(bytes, { source: path }), path);
  }
}

/** The images of an archive's arrays. @throws CliError (bad data) when there are none. */
export function imagesOfArchive(arrays: ReadonlyMap<string, NamedArray>, path: string): Images {
  // OpenAI's tools call the images arr_0.
  const array = arrays.get('images') ?? arrays.get('arr_0');
  if (!array) throw dataError(`${path} has no array 'images'; it has ${[...arrays.keys()].join(', ') || 'nothing'}`);
  return imagesOfArray(array, path);
}

function imagesOfArray({ dtype, shape, data }: NamedArray, path: string): Images {
  const isImages = shape.length === 4 && (shape[3] === 1 || shape[3] === 3) && shape[0] > 0;
  if (dtype !== 'U8' || !isImages) {
    throw dataError(`${path}: 'images' must be uint8 [count, height, width, 1 or 3], got ${dtype} [${shape}]`);
  }
  const [count, height, width, channels] = shape;
  return { data: data as Uint8Array, count, height, width, channels };
}

type PngFile = { readonly path: string; readonly read: () => Uint8Array };

function readPngFolder(path: string): Images {
  const names = readdirSync(path).filter(isPng).sort();
  if (names.length === 0) throw dataError(`${path} has no PNG files; expected a folder as tract sample --out DIR writes it`);
  return readPngs(names.map((name) => ({ path: join(path, name), read: () => readFileSync(join(path, name)) })));
}

/** As EDM's dataset tool writes them; what is no PNG, such as its labels, is passed over. */
async function readPngZip(bytes: Uint8Array, path: string): Promise<Images> {
  const entries = [...(await readZip(bytes, { source: path }))].filter(([name]) => isPng(name)).sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 0) throw dataError(`${path} holds no PNG files; other image formats are not read, convert them to PNG`);
  return readPngs(entries.map(([name, data]) => ({ path: `${path}, ${JSON.stringify(name)}`, read: () => data })));
}

const isPng = (name: string): boolean => extname(name).toLowerCase() === '.png';

function readPngs(files: readonly PngFile[]): Images {
  const first = readPng(files[0]);
  const size = first.data.length;
  const data = new Uint8Array(size * files.length);
  for (const [i, file] of files.entries()) {
    const image = i === 0 ? first : readPng(file);
    if (image.height !== first.height || image.width !== first.width || image.channels !== first.channels) {
      throw dataError(`${file.path} is ${show(image)}, but ${files[0].path} is ${show(first)}; all images must have one size`);
    }
    data.set(image.data, i * size);
  }
  return { ...first, data, count: files.length };
}

const show = ({ width, height, channels }: Images): string => `${width}x${height} with ${channels} channel${channels === 1 ? '' : 's'}`;

/** Pixels of the largest image that is decoded. */
const maxPixels = 2 ** 26;

function readPng({ path, read }: PngFile): Images {
  try {
    const bytes = read();
    requireSmall(bytes);
    const { width, height, data, depth, channels, palette } = decode(bytes, { checkCrc: true });
    if (depth !== 8 || palette !== undefined || (channels !== 1 && channels !== 3) || data.length !== width * height * channels) {
      throw new Error(`expected 8-bit grey or RGB, got ${depth}-bit with ${channels} channels`);
    }
    return { data: Uint8Array.from(data), count: 1, height, width, channels };
  } catch (error) {
    throw dataError(`cannot read ${path}: ${(error as Error).message}`, error);
  }
}

/** Looks at the size in the header before anything is allocated for it. */
function requireSmall(bytes: Uint8Array): void {
  if (bytes.length < 24) throw new Error('it is too short for a PNG');
  const view = new DataView(bytes.buffer, bytes.byteOffset, 24);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  if (width * height > maxPixels) throw new Error(`it claims ${width}x${height} pixels, more than ${maxPixels}`);
}
