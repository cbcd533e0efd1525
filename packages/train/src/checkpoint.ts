import {
  type ByteSource,
  joinPieces,
  type NamedArray,
  type Pieces,
  piecesOf,
  readSafetensors,
  safetensorsPieces,
  sourceOf,
} from '@tract/checkpoint';
import type { BadSample, SetFingerprint } from '@tract/data';
import { damagedFile, type FileDigest, manifestOf } from './manifest.js';
import type { RunConfig } from './run-config.js';
import { RunDamaged } from './run-error.js';
import type { FileContent, RunFiles } from './run-files.js';
import { sha256 } from './sha256.js';

/** Sums over the updates since the last line of the log. */
export type LogWindow = { readonly loss: number; readonly gradNorm: number; readonly count: number };

/** How a run's gradients were summed, as far as its bits depend on it. */
export type SumRecord =
  | { readonly reduce: 'ordered'; readonly shards: number }
  | { readonly reduce: 'fast' | 'bf16'; readonly ranks: number };

/** Progress of a run: what a checkpoint keeps besides tensors. */
export type RunState = {
  /** Updates done, and in all. */
  readonly step: number;
  readonly totalSteps: number;
  /** Training images seen, counted with repetition. */
  readonly images: number;
  /** Seconds of work, all sessions together. */
  readonly seconds: number;
  /** Counters of the task, such as its phase. */
  readonly counters: Readonly<Record<string, number>>;
  /** Sums for the next line of the log. */
  readonly window: LogWindow;
  /** Images that were passed over because they cannot be read, where there are any. */
  readonly badSamples?: readonly BadSample[];
  /** The set that the images are from. Absent from checkpoints of older versions, and where the task's images are no set. */
  readonly data?: SetFingerprint;
  /** Absent from runs of one process that sums the gradients of a batch as they come. */
  readonly sums?: SumRecord;
  /** What computed, as far as bits depend on it, such as `native avx2`. Absent from checkpoints of older versions, and where the caller does not say. */
  readonly computing?: string;
};

/** Everything that a run needs to go on. */
export type CheckpointContent = {
  /** Settings that brought it about. */
  readonly config: RunConfig;
  readonly state: RunState;
  readonly tensors: ReadonlyMap<string, NamedArray>;
};

/** A checkpoint that has been read. `path` is its name in messages, such as RUN/checkpoints/step-6. */
export type Checkpoint = CheckpointContent & { readonly path: string };

/** state.json. */
type StoredState = RunState & { readonly format: string; readonly version: number; readonly run: RunConfig };

const names = { tensors: 'state.safetensors', state: 'state.json', manifest: 'manifest.json' } as const;

/** Way to a digest: that of the files, or Web Crypto's. */
const digestWith =
  ({ sha256: ofPieces }: Pick<RunFiles, 'sha256'>) =>
  async (content: Pieces): Promise<FileDigest> => ({
    size: content.size,
    sha256: ofPieces ? ofPieces(content) : await sha256(joinPieces(content)),
  });

/** Encode a checkpoint as the files of its folder; the tensors are gone through twice and copied never, for their digest and for the file. */
export async function encodeCheckpoint(
  { config, state, tensors }: CheckpointContent,
  files: Pick<RunFiles, 'sha256'> = {},
): Promise<Map<string, FileContent>> {
  const stored: StoredState = { format: 'tract-checkpoint', version: 2, ...state, run: config };
  const text = new TextEncoder().encode(`${JSON.stringify(stored, null, 2)}\n`);
  const digest = digestWith(files);
  const digests = new Map([
    [names.tensors, await digest(safetensorsPieces(tensors))],
    [names.state, await digest({ size: text.length, pieces: [text] })],
  ]);
  return new Map<string, FileContent>([
    [names.tensors, safetensorsPieces(tensors)],
    [names.state, text],
    [names.manifest, manifestOf(digests)],
  ]);
}

/**
 * Read a checkpoint after its files have been compared with its manifest. Of a store that opens files the tensors' data is read when it is asked for.
 * @param folder path of the checkpoint in `store`.
 * @throws RunDamaged when a file is missing, or not the bytes that were written.
 */
export async function readCheckpoint(store: RunFiles, folder: string): Promise<Checkpoint> {
  const path = `${store.name}/${folder}`;
  const files = await openWhole(store, folder, path);
  const { format, version, run: config, ...state } = JSON.parse(text(files.get(names.state)!)) as StoredState;
  if (format !== 'tract-checkpoint' || version !== 2)
    throw new RunDamaged(`${path} is not a checkpoint of this version of tract`, 'go on with the version that wrote it');
  return { path, config, state, tensors: readSafetensors(files.get(names.tensors)!, { source: `${path}/${names.tensors}` }).tensors };
}

async function openWhole(store: RunFiles, folder: string, path: string): Promise<ReadonlyMap<string, ByteSource>> {
  const part = async (name: string): Promise<ByteSource> => {
    const file = await openFileOf(store, `${folder}/${name}`);
    if (file) return file;
    throw new RunDamaged(`${path} is not a whole checkpoint: it has no ${name}`, 'take another checkpoint, or a copy of this one');
  };
  const manifest = text(await part(names.manifest));
  const files = new Map<string, ByteSource>();
  const digests = new Map<string, FileDigest>();
  const digest = digestWith(store);
  for (const name of [names.tensors, names.state]) {
    const file = await part(name);
    files.set(name, file);
    digests.set(name, await digest({ size: file.size, pieces: piecesOf(file) }));
  }
  if (manifest === manifestOf(digests)) return files;
  const damaged = damagedFile(digests, manifest) ?? names.manifest;
  throw new RunDamaged(`${path} is damaged: ${damaged} is not what was written`, 'take another checkpoint, or a copy of this one');
}

async function openFileOf(store: RunFiles, path: string): Promise<ByteSource | undefined> {
  if (store.open) return store.open(path);
  const bytes = await store.read(path);
  return bytes && sourceOf(bytes);
}

const text = ({ read, size }: ByteSource): string => new TextDecoder().decode(read(0, size));
