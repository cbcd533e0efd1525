import { type NamedArray, readSafetensors, writeSafetensors } from '@tract/checkpoint';
import type { BadSample } from '@tract/data';
import { damagedFile, manifestOf } from './manifest.js';
import type { RunConfig } from './run-config.js';
import { RunDamaged } from './run-error.js';
import type { FileContent, RunFiles } from './run-files.js';

/** Sums over the updates since the last line of the log. */
export type LogWindow = { readonly loss: number; readonly gradNorm: number; readonly count: number };

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
  /** What the next line of the log has gathered so far. */
  readonly window: LogWindow;
  /** Images that were passed over because they cannot be read, where there are any. */
  readonly badSamples?: readonly BadSample[];
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

/** Encode a checkpoint as the files of its folder. */
export async function encodeCheckpoint({ config, state, tensors }: CheckpointContent): Promise<Map<string, FileContent>> {
  const stored: StoredState = { format: 'tract-checkpoint', version: 2, ...state, run: config };
  const files = new Map<string, Uint8Array>([
    [names.tensors, writeSafetensors(tensors)],
    [names.state, new TextEncoder().encode(`${JSON.stringify(stored, null, 2)}\n`)],
  ]);
  return new Map<string, FileContent>([...files, [names.manifest, await manifestOf(files)]]);
}

/**
 * Read a checkpoint after its files have been compared with its manifest.
 * @param folder path of the checkpoint in `store`.
 * @throws RunDamaged when a file is missing, or not the bytes that were written.
 */
export async function readCheckpoint(store: RunFiles, folder: string): Promise<Checkpoint> {
  const path = `${store.name}/${folder}`;
  const files = await readWhole(store, folder, path);
  const { format, version, run: config, ...state } = JSON.parse(text(files.get(names.state)!)) as StoredState;
  if (format !== 'tract-checkpoint' || version !== 2)
    throw new RunDamaged(`${path} is not a checkpoint of this version of tract`, 'go on with the version that wrote it');
  return { path, config, state, tensors: readSafetensors(files.get(names.tensors)!, { source: `${path}/${names.tensors}` }).tensors };
}

async function readWhole(store: RunFiles, folder: string, path: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const part = async (name: string): Promise<Uint8Array> => {
    const bytes = await store.read(`${folder}/${name}`);
    if (bytes) return bytes;
    throw new RunDamaged(`${path} is not a whole checkpoint: it has no ${name}`, 'take another checkpoint, or a copy of this one');
  };
  const manifest = text(await part(names.manifest));
  const files = new Map<string, Uint8Array>();
  for (const name of [names.tensors, names.state]) files.set(name, await part(name));
  if (manifest === (await manifestOf(files))) return files;
  const damaged = (await damagedFile(files, manifest)) ?? names.manifest;
  throw new RunDamaged(`${path} is damaged: ${damaged} is not what was written`, 'take another checkpoint, or a copy of this one');
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
