import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { readSafetensors, toFloat32 } from '@tract/checkpoint';
import { openFile, sha256OfFiles } from '@tract/checkpoint/node';
import {
  DIGIT_CLASSIFIER_NAME,
  digitClassifierFrom,
  digitExtractor,
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

const digitWeights = '@tract/metrics/weights/digit-classifier.safetensors';

/** Load the digit classifier, whose weights come with @tract/metrics. @throws ScoresError or CheckpointError */
export function loadDigitClassifier(): LoadedExtractor {
  const path = findDigitWeights();
  const { tensors } = readSafetensors(readFileSync(path), { source: path });
  const arrays = new Map([...tensors].map(([name, array]) => [name, { shape: array.shape, data: toFloat32(array) }]));
  const start = (): ReadyExtractor => {
    const classifier = digitClassifierFrom(arrays);
    const extractor = tensorExtractor(DIGIT_CLASSIFIER_NAME, digitExtractor(classifier));
    return { extractor, identity: DIGIT_CLASSIFIER_NAME, batch: 250, free: () => dispose(classifier) };
  };
  return { start };
}

function findDigitWeights(): string {
  try {
    return createRequire(import.meta.url).resolve(digitWeights);
  } catch (error) {
    throw new ScoresError('missing', `the digit classifier is missing: expected ${digitWeights}; install @tract/metrics again`, error);
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
  const file = openFile(path);
  const sha256 = sha256OfFiles([file]);
  file.close();
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
