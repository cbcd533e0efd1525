import { existsSync } from 'node:fs';
import { isTorchLegacy, type NamedArray, readSafetensors, readTorch, toFloat32 } from '@tract/checkpoint';
import { type FileSource, openFile, sha256OfFiles } from '@tract/checkpoint/node';
import { INCEPTION_CLASSES, type InceptionArrays } from '@tract/metrics';
import { ScoresError } from './scores-error.js';

/** The file of weights that defines FID among PyTorch's users. Its name carries the beginning of its SHA-256. */
export const publishedWeights = {
  name: 'pt_inception-2015-12-05-6726825d.pth',
  sha256Begins: '6726825d',
  address: 'https://github.com/mseitzer/pytorch-fid/releases/tag/fid_weights',
} as const;

/** Inception weights on the host, with the facts on their file. */
export type InceptionFile = {
  readonly path: string;
  readonly arrays: InceptionArrays;
  readonly sha256: string;
  readonly format: 'torch' | 'safetensors';
  readonly isPublished: boolean;
  /** Sentence to print before scores are compared with others; undefined for the published file. */
  readonly caution?: string;
};

/**
 * Read weights of the Inception network from a torch.save or safetensors file, recognised by content.
 * @throws ScoresError or CheckpointError that names the file.
 */
export function readInceptionFile(path: string): InceptionFile {
  if (!existsSync(path))
    throw new ScoresError('missing', `there is no file ${path}; FID's weights are published at ${publishedWeights.address}`);
  const file = openFile(path);
  try {
    return readOpened(path, file);
  } finally {
    file.close();
  }
}

function readOpened(path: string, file: FileSource): InceptionFile {
  const head = file.read(0, Math.min(file.size, HEAD_BYTES));
  const format = isZip(head) || isTorchLegacy(head) ? 'torch' : 'safetensors';
  const options = { source: path };
  const { tensors } = format === 'torch' ? readTorch(file, options) : readSafetensors(file, options);
  const sha256 = sha256OfFiles([file]);
  const isPublished = sha256.startsWith(publishedWeights.sha256Begins);
  return {
    path,
    arrays: floatsOf(tensors),
    sha256,
    format,
    isPublished,
    ...(!isPublished && { caution: cautionOf(path, sha256, tensors) }),
  };
}

/** Bytes that tell the format. */
const HEAD_BYTES = 64;

const isZip = (bytes: Uint8Array) => bytes[0] === 0x50 && bytes[1] === 0x4b;

function floatsOf(tensors: ReadonlyMap<string, NamedArray>): InceptionArrays {
  const counters = /\.num_batches_tracked$/;
  return new Map(
    [...tensors].filter(([name]) => !counters.test(name)).map(([name, array]) => [name, { shape: array.shape, data: toFloat32(array) }]),
  );
}

function cautionOf(path: string, sha256: string, tensors: ReadonlyMap<string, NamedArray>): string {
  const classes = tensors.get('fc.bias')?.shape[0];
  const reason =
    classes === undefined || classes === INCEPTION_CLASSES
      ? `its SHA-256 begins with ${sha256.slice(0, 8)} and not with ${publishedWeights.sha256Begins}`
      : `it tells ${classes} classes apart where FID's network has ${INCEPTION_CLASSES}, as torchvision's own weights do`;
  return `${path} is not the published ${publishedWeights.name}: ${reason}; compare its scores with no others than its own`;
}
