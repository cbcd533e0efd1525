import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { readSafetensors, toFloat32 } from '@tract/checkpoint';
import { sha256OfFile } from '@tract/checkpoint/node';
import {
  type ClassifierSet,
  classifierExtractor,
  classifierFrom,
  classifierKinds,
  type ImageExtractor,
  type InputMode,
  inceptionExtractor,
  inceptionFrom,
  tensorExtractor,
} from '@tract/metrics';
import { dispose } from '@tract/tensor';
import { type InceptionFile, readInceptionFile } from './inception-file.js';
import { type OnnxRuntime, onnxExtractor } from './onnx-extractor.js';
import { checked, ScoresError } from './scores-error.js';

/** An extractor that is ready on the active backend. */
export type ReadyExtractor = {
  readonly extractor: ImageExtractor;
  /** Everything that the features depend on besides the images; part of their key in a cache. */
  readonly identity: string;
  /** Images at a time. Fixed, so that a user's batch size cannot change a bit. */
  readonly batch: number;
  /** SHA-256 of the weights, if a user chose them. */
  readonly weights?: string;
  /** Sentence to print before scores are compared with others. */
  readonly caution?: string;
  /** Free the weights. */
  readonly free: () => void;
};

/** An extractor whose files have been read; `start` puts it on the active backend. */
export type LoadedExtractor = { readonly start: () => ReadyExtractor };

/**
 * Load the Inception network of FID from a file of weights, as torch.save or safetensors files hold them.
 * @throws ScoresError or CheckpointError that names the file; `start` throws ScoresError for weights that do not make the network.
 */
export function loadInception(path: string, mode: InputMode): LoadedExtractor & { readonly file: InceptionFile } {
  const file = readInceptionFile(path);
  const { arrays, sha256, caution } = file;
  const start = (): ReadyExtractor => {
    const params = checked(path, () => inceptionFrom(arrays));
    const extractor = inceptionExtractor(params, mode);
    const identity = `${extractor.name}, ${sha256}`;
    return { extractor, identity, batch: 32, weights: sha256, ...(caution && { caution }), free: () => dispose(params) };
  };
  return { file, start };
}

/** Load one of the classifiers whose weights come with @tract/metrics. @throws ScoresError or CheckpointError */
export function loadClassifier(set: ClassifierSet): LoadedExtractor {
  const kind = classifierKinds[set];
  const path = findWeights(`@tract/metrics/weights/${kind.name.replace(/-\d+$/, '')}.safetensors`);
  const { tensors } = readSafetensors(readFileSync(path), { source: path });
  const arrays = new Map([...tensors].map(([name, array]) => [name, { shape: array.shape, data: toFloat32(array) }]));
  const start = (): ReadyExtractor => {
    const classifier = classifierFrom(kind, arrays);
    const extractor = tensorExtractor(kind.name, classifierExtractor(kind, classifier));
    return { extractor, identity: kind.name, batch: 250, free: () => dispose(classifier) };
  };
  return { start };
}

function findWeights(name: string): string {
  try {
    return createRequire(import.meta.url).resolve(name);
  } catch (error) {
    throw new ScoresError('missing', `a classifier is missing: expected ${name}; install @tract/metrics again`, error);
  }
}

/** Optional package that runs ONNX files. */
const onnxPackage = 'onnxruntime-node';

/**
 * Load any network of an ONNX file, whose first output are the features; needs the package onnxruntime-node.
 * @throws ScoresError that names the file or the missing package.
 */
export async function loadOnnxExtractor(path: string, mode: InputMode): Promise<LoadedExtractor> {
  if (!existsSync(path)) throw new ScoresError('missing', `there is no file ${path}`);
  const runtime = await loadOnnx();
  const sha256 = sha256OfFile(path);
  const extractor = await onnxExtractor(runtime, path, mode);
  return { start: () => ({ extractor, identity: `${extractor.name}, ${sha256}`, batch: 32, weights: sha256, free: () => {} }) };
}

async function loadOnnx(): Promise<OnnxRuntime> {
  try {
    const module = await import(onnxPackage);
    return (module.default ?? module) as OnnxRuntime;
  } catch (error) {
    throw new ScoresError(
      'missing-runtime',
      `ONNX files need the package ${onnxPackage}, which is not installed; install it: npm install ${onnxPackage}`,
      error,
    );
  }
}
