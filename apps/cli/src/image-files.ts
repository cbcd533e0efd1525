import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { type NamedArray, readNpy, readNpz, writeNpz } from '@tract/checkpoint';
import { allImages, type ImagesOnDemand, loadImageFolder, loadImageZip } from '@tract/data';
import { gridPng, imagePng, squareColumns } from '@tract/report';
import { writeFileAtomically, writeFolderAtomically } from './atomic.js';
import { dataError, usageError } from './errors.js';
import { makeFolder, requireRoom } from './folders.js';
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
 * Reads 8-bit images: a folder or a zip of PNGs and JPEGs, sorted by name, an .npz with `images` or `arr_0`, or an .npy.
 * @throws CliError, DataError or CheckpointError (exit code 3) that names the file.
 */
export async function readImages(path: string): Promise<Images> {
  if (statSync(path).isDirectory()) return imagesOfSet(loadImageFolder(path));
  switch (extname(path).toLowerCase()) {
    case '.npy':
      return imagesOfArray(readNpy(readFileSync(path), { source: path }), path);
    case '.zip':
      return imagesOfSet(loadImageZip(path));
    default:
      return imagesOfArchive(await readNpz(readFileSync(path), { source: path }), path);
  }
}

function imagesOfSet(set: ImagesOnDemand): Images {
  const { count, height, width, channels } = set;
  return { data: allImages(set), count, height, width, channels };
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
