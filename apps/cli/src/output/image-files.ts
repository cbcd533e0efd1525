import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { writeNpz } from '@tract/checkpoint';
import type { Images } from '@tract/images';
import { gridPng, imagePng, squareColumns } from '@tract/images';
import { makeFolder, requireRoom, writeFileAtomically, writeFolderAtomically } from '@tract/train/node';
import { usageError } from '../errors.js';

export type OutputKind = 'png' | 'npz' | 'folder';

/**
 * Return the form that --out is written in, checked before any work: a .png grid, an .npz archive, or a folder of PNGs that is absent or empty.
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

/** Encode images as an npz of uint8 NHWC under `images`. */
export const imagesNpz = ({ data, count, height, width, channels }: Images): Uint8Array =>
  writeNpz([['images', { dtype: 'U8', shape: [count, height, width, channels], data }]]);

/** Write images as a grid without labels, as uint8 NHWC under `images`, or as one PNG each (000000.png and so on); whole or not at all. */
export function writeImages(out: string, kind: OutputKind, images: Images, text: Record<string, string>): void {
  if (kind !== 'folder') makeFolder(dirname(out));
  if (kind === 'png') {
    writeFileAtomically(out, gridPng([{ images }], { columns: squareColumns(images.count), text }));
    return;
  }
  if (kind === 'npz') {
    writeFileAtomically(out, imagesNpz(images));
    return;
  }
  const files = Array.from({ length: images.count }, (_, i) => [`${String(i).padStart(6, '0')}.png`, imagePng(images, i)] as const);
  if (existsSync(out)) rmSync(out, { recursive: true });
  writeFolderAtomically(out, new Map(files));
}
