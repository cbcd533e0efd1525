import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { type NamedArray, readNpz, writeNpz } from '@tract/checkpoint';
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

/** Reads an .npz or a folder of PNGs. @throws CliError or CheckpointError (exit code 3). */
export const readImages = async (path: string): Promise<Images> =>
  statSync(path).isDirectory() ? readPngFolder(path) : readImageArchive(path);

async function readImageArchive(path: string): Promise<Images> {
  const arrays = await readNpz(readFileSync(path), { source: path });
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

function readPngFolder(path: string): Images {
  const names = readdirSync(path)
    .filter((name) => extname(name).toLowerCase() === '.png')
    .sort();
  if (names.length === 0) throw dataError(`${path} has no PNG files; expected a folder as tract sample --out DIR writes it`);
  const first = readPng(join(path, names[0]));
  const size = first.data.length;
  const data = new Uint8Array(size * names.length);
  for (const [i, name] of names.entries()) {
    const image = i === 0 ? first : readPng(join(path, name));
    if (image.height !== first.height || image.width !== first.width || image.channels !== first.channels) {
      throw dataError(`${join(path, name)} is ${show(image)}, but ${names[0]} is ${show(first)}; all images must have one size`);
    }
    data.set(image.data, i * size);
  }
  return { ...first, data, count: names.length };
}

const show = ({ width, height, channels }: Images): string => `${width}x${height} with ${channels} channel${channels === 1 ? '' : 's'}`;

function readPng(path: string): Images {
  try {
    const { width, height, data, depth, channels, palette } = decode(readFileSync(path), { checkCrc: true });
    if (depth !== 8 || palette !== undefined || (channels !== 1 && channels !== 3) || data.length !== width * height * channels) {
      throw new Error(`expected 8-bit grey or RGB, got ${depth}-bit with ${channels} channels`);
    }
    return { data: Uint8Array.from(data), count: 1, height, width, channels };
  } catch (error) {
    throw dataError(`cannot read ${path}: ${(error as Error).message}`, error);
  }
}
