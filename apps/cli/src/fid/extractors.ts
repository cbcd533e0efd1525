import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { readSafetensors, toFloat32 } from '@tract/checkpoint';
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
import { backendError, dataError, usageError } from '../errors.js';
import type { Io } from '../io.js';
import { readInceptionFile } from './inception-file.js';
import { type OnnxRuntime, onnxExtractor } from './onnx-extractor.js';

/** An extractor that is ready on the active backend. */
export type ReadyExtractor = {
  readonly extractor: ImageExtractor;
  /** What its features depend on besides the images: names the cache's entries. */
  readonly identity: string;
  /** Images at a time. Fixed, so that nobody's choice of it can change a bit. */
  readonly batch: number;
  /** SHA-256 of the weights, where a user chose them. */
  readonly weights?: string;
  readonly free: () => void;
};

export type ExtractorChoice = { readonly features: string; readonly mode: InputMode; readonly weights?: string };

/** Makes an extractor on the active backend. Called after what it needs from files was read, so that nothing is computed in vain. */
export type ExtractorMaker = () => ReadyExtractor;

/**
 * Reads what the chosen extractor needs: `inception` with weights, `digits`, or the path of an ONNX file.
 * @throws CliError (usage, bad data, or a missing onnxruntime) before anything is computed.
 */
export async function chooseExtractor(
  io: Io,
  { features, mode, weights = process.env.TRACT_INCEPTION }: ExtractorChoice,
): Promise<ExtractorMaker> {
  if (features === 'digits') return digits();
  if (features.endsWith('.onnx')) return onnx(features, mode);
  if (features !== 'inception') throw usageError(`--features ${features}: expected inception, digits or a file that ends in .onnx`);
  if (!weights)
    throw usageError(
      'Inception features need --weights FILE (or TRACT_INCEPTION); `tract fid weights --help` says where to get it, --features digits needs none',
    );
  const { path, arrays, sha256, caution } = readInceptionFile(weights);
  return () => {
    const params = named(path, () => inceptionFrom(arrays));
    if (caution) io.err(`${caution}\n`);
    const extractor = inceptionExtractor(params, mode);
    return { extractor, identity: `${extractor.name}, ${sha256}`, batch: 32, weights: sha256, free: () => dispose(params) };
  };
}

/** What our packages say of a file's content, as a sentence about the file. */
function named<T>(path: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof RangeError) throw dataError(`${path}: ${error.message}`, error);
    throw error;
  }
}

const digitWeights = '@tract/metrics/weights/digit-classifier.safetensors';

/** The classifier of digits, whose weights come with the repository. @throws CliError or CheckpointError (bad data) */
export function digits(): ExtractorMaker {
  const path = findDigitWeights();
  const { tensors } = readSafetensors(readFileSync(path), { source: path });
  const arrays = new Map([...tensors].map(([name, array]) => [name, { shape: array.shape, data: toFloat32(array) }]));
  return () => {
    const classifier = digitClassifierFrom(arrays);
    const extractor = tensorExtractor(DIGIT_CLASSIFIER_NAME, digitExtractor(classifier));
    return { extractor, identity: DIGIT_CLASSIFIER_NAME, batch: 250, free: () => dispose(classifier) };
  };
}

function findDigitWeights(): string {
  try {
    return createRequire(import.meta.url).resolve(digitWeights);
  } catch (error) {
    throw dataError(`the digit classifier is missing: expected ${digitWeights}; get the file from the repository again`, error);
  }
}

/** Not among our dependencies: who wants other networks installs it. */
const onnxPackage = 'onnxruntime-node';

async function onnx(path: string, mode: InputMode): Promise<ExtractorMaker> {
  if (!existsSync(path)) throw dataError(`there is no file ${path}`);
  const runtime = await loadOnnx();
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
  const extractor = await onnxExtractor(runtime, path, mode);
  return () => ({ extractor, identity: `${extractor.name}, ${sha256}`, batch: 32, weights: sha256, free: () => {} });
}

async function loadOnnx(): Promise<OnnxRuntime> {
  try {
    const module = await import(onnxPackage);
    return (module.default ?? module) as OnnxRuntime;
  } catch (error) {
    throw backendError(`ONNX files need the package ${onnxPackage}, which is not installed; install it: npm install ${onnxPackage}`, error);
  }
}
