import { type Checkpoint, type CheckpointContent, encodeCheckpoint, readCheckpoint } from './checkpoint.js';
import { changedSettings, type RunConfig } from './run-config.js';
import { RunDamaged, RunError } from './run-error.js';
import { type FileContent, isUnfinished, lockName, type RunFiles } from './run-files.js';

/** Names of what a run store keeps in its files. */
export const runNames = { config: 'config.json', log: 'stats.jsonl', checkpoints: 'checkpoints' } as const;

/** Path of the checkpoint after `step` updates. */
export const checkpointPath = (step: number): string => `${runNames.checkpoints}/step-${step}`;

/** Options of opening a run. */
export type OpenOptions = {
  /**
   * `no`: a new run, the place must be empty. `yes`: the last whole checkpoint of a run that is there and not finished. `auto`: that, or a new run
   * where there is none; a finished run is opened at its end. A checkpoint: from there, of this run or of another one. Default: `auto`.
   */
  readonly resume?: 'no' | 'yes' | 'auto' | Checkpoint;
  /** Allow settings to differ from those that the checkpoint was made with, and a finished run to go on. Default: false. */
  readonly override?: boolean;
  /** Settings that `override` does not cover, by their first names. Default: none. */
  readonly fixed?: readonly string[];
  /** Updates of the run that is asked for; a checkpoint beyond them is refused. */
  readonly totalSteps: number;
  /** Called with a sentence about a damaged checkpoint that is passed over, or about settings that differ. */
  readonly onWarning?: (sentence: string) => void;
};

/** A run that can be stopped at any moment and goes on to the bit from its last checkpoint. */
export type RunStore = {
  readonly name: string;
  readonly files: RunFiles;
  /**
   * Check what is there before any work, lock a run that is there, and clear what a crash has left half written; nothing else is written.
   * @returns the checkpoint to go on from; undefined for a start from the beginning.
   * @throws RunError when the place holds another thing than was asked for; RunBusy; RunDamaged when no checkpoint is whole.
   */
  readonly open: (config: RunConfig, options: OpenOptions) => Promise<Checkpoint | undefined>;
  /** Take the place: lock it, write the settings, and bring checkpoints and log back to where the run goes on from. @throws RunBusy, WriteError */
  readonly begin: (config: RunConfig, from?: Checkpoint) => Promise<void>;
  /** Commit a checkpoint, whole or not at all, after the log so far; then remove all but the last `keep`. @throws WriteError */
  readonly commit: (checkpoint: CheckpointContent, keep: number) => Promise<void>;
  /** Remove all checkpoints but the last `keep`. */
  readonly prune: (keep: number) => Promise<void>;
  /** Write a folder of files beside the checkpoints, such as the model, whole or not at all. @throws WriteError */
  readonly writeFolder: (name: string, files: ReadonlyMap<string, FileContent>) => Promise<void>;
  /** Add a record to the log, as one line of JSON. */
  readonly log: (record: Readonly<Record<string, unknown>>) => Promise<void>;
  /** Records of the log, without a last line that a crash cut short. */
  readonly readLog: () => Promise<Record<string, unknown>[]>;
  /** Settings of the run; undefined where there is none. @throws RunDamaged */
  readonly config: () => Promise<RunConfig | undefined>;
  /** Updates after which there is a checkpoint, the last one first. Reading one shows if it is whole. */
  readonly committedSteps: () => Promise<number[]>;
  /** Read the checkpoint after `step` updates. @throws RunDamaged */
  readonly checkpoint: (step: number) => Promise<Checkpoint>;
  /** Read the last checkpoint that is whole; undefined where there is none. @throws RunDamaged when all are damaged. */
  readonly latest: (onWarning?: (sentence: string) => void) => Promise<Checkpoint | undefined>;
  /** Let others have the run. */
  readonly close: () => Promise<void>;
};

export type StoreOptions = {
  /** Bring a configuration that an older version of the program wrote up to date. Default: leave it. */
  readonly upgrade?: (config: RunConfig) => RunConfig;
};

/** The store of a run over its files. */
export function runStore(files: RunFiles, { upgrade = (config) => config }: StoreOptions = {}): RunStore {
  const { name } = files;
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  const readText = async (path: string): Promise<string | undefined> => {
    const bytes = await files.read(path);
    return bytes && new TextDecoder().decode(bytes);
  };

  const config = async (): Promise<RunConfig | undefined> => {
    const text = await readText(runNames.config);
    return text === undefined ? undefined : upgrade(parseConfig(text, `${name}/${runNames.config}`));
  };

  const committedSteps = async (): Promise<number[]> => {
    const found = (await files.list(runNames.checkpoints)).map((entry) => /^step-(\d+)$/.exec(entry)?.[1]);
    return found
      .filter((step) => step !== undefined)
      .map(Number)
      .sort((a, b) => b - a);
  };

  const checkpoint = async (step: number): Promise<Checkpoint> => {
    const found = await readCheckpoint(files, checkpointPath(step));
    return { ...found, config: upgrade(found.config) };
  };

  const latest = async (onWarning?: (sentence: string) => void): Promise<Checkpoint | undefined> => {
    const steps = await committedSteps();
    for (const step of steps) {
      try {
        return await checkpoint(step);
      } catch (error) {
        if (!(error instanceof RunDamaged)) throw error;
        onWarning?.(`${error.problem}; it is passed over`);
      }
    }
    if (steps.length === 0) return undefined;
    throw new RunDamaged(
      `${name}/${runNames.checkpoints} holds no checkpoint that is whole`,
      'restore one from a copy, or start again in another place',
    );
  };

  const commit = async (content: CheckpointContent, keep: number): Promise<void> => {
    await files.flush(runNames.log);
    await files.writeFolder(checkpointPath(content.state.step), await encodeCheckpoint(content, files));
    await prune(keep);
  };

  const prune = async (keep: number): Promise<void> => {
    for (const step of (await committedSteps()).slice(keep)) await files.remove(checkpointPath(step));
  };

  /** A run that was killed at its very start has left a lock, a file in the making or no checkpoints yet, and nothing else. */
  const isEmpty = async (): Promise<boolean> => {
    const found = (await files.list('')).filter((entry) => entry !== lockName && !isUnfinished(entry) && entry !== runNames.checkpoints);
    return found.length === 0 && (await committedSteps()).length === 0;
  };

  const isOwn = ({ path, state }: Checkpoint): boolean => path === `${name}/${checkpointPath(state.step)}`;

  const lockExisting = async (): Promise<RunConfig | undefined> => {
    if ((await files.read(runNames.config)) === undefined) return undefined;
    await files.lock();
    await files.recover();
    return config();
  };

  return {
    name,
    files,
    config,
    committedSteps,
    checkpoint,
    latest,
    commit,
    prune,
    writeFolder: files.writeFolder,

    open: async (wanted, { resume = 'auto', override = false, fixed, totalSteps, onWarning }) => {
      const found = await lockExisting();
      if (!found) {
        if (resume === 'yes') throw new RunError('missing', `there is no run in ${name}`, 'start one');
        await files.requireWritable();
        if (!(await isEmpty())) throw new RunError('occupied', `${name} exists and is not an empty folder`, 'choose another place');
      }
      const from = typeof resume === 'object' ? resume : await latest(onWarning);
      if (typeof resume === 'object' && found && !isOwn(resume))
        throw new RunError('foreign', `${resume.path} is not a checkpoint of ${name}, which is a run of its own`, 'choose a new place');
      const isAtEnd = from !== undefined && from.state.step >= from.state.totalSteps;
      if (found && isAtEnd && resume !== 'auto' && !override)
        throw new RunError(
          'finished',
          `${name} is a finished run of ${from.state.images.toLocaleString('en')} images`,
          'choose another place, or override its length',
        );
      if (found && resume === 'no') throw new RunError('unfinished', `${name} is an unfinished run`, 'resume it, or choose another place');
      const before = from?.config ?? found;
      const changes = before ? changedSettings(from?.path ?? name, before, wanted, { override, fixed }) : [];
      requireAhead(from, totalSteps, resume === 'auto');
      if (changes.length > 0) onWarning?.(`going on with other settings: ${changes.join(', ')}`);
      return from;
    },

    begin: async (wanted, from) => {
      await files.lock();
      if (from) {
        // A start from another run's checkpoint has it as its own, so that a restart finds it.
        if (!isOwn(from)) await commit(from, 1);
        for (const step of await committedSteps()) if (step > from.state.step) await files.remove(checkpointPath(step));
      }
      await files.write(runNames.config, json(wanted));
      const log = await readText(runNames.log);
      if (log !== undefined) await files.write(runNames.log, logUpTo(log, from?.state.images ?? 0));
    },

    log: (record) => files.append(runNames.log, `${JSON.stringify(record)}\n`),
    readLog: async () => wholeLines((await readText(runNames.log)) ?? '').map((line) => JSON.parse(line) as Record<string, unknown>),
    close: files.unlock,
  };
}

function parseConfig(text: string, path: string): RunConfig {
  let found: RunConfig;
  try {
    found = JSON.parse(text) as RunConfig;
  } catch (error) {
    throw new RunDamaged(`cannot read ${path}: ${(error as Error).message}`, 'restore it from a copy, or choose another place', error);
  }
  if (found?.format !== 'tract-run') throw new RunDamaged(`${path} is not the configuration of a run`, 'choose another place');
  if (found.version !== 2)
    throw new RunDamaged(
      `${path} is of a run of version ${found.version}, this program reads 2`,
      'go on with the version that began it, or choose another place',
    );
  return found;
}

function requireAhead(from: Checkpoint | undefined, totalSteps: number, mayBeAtEnd: boolean): void {
  if (!from || from.state.step < totalSteps || (mayBeAtEnd && from.state.step === totalSteps)) return;
  throw new RunError(
    'too-short',
    `${from.path} has done ${from.state.step.toLocaleString('en')} updates, ${totalSteps.toLocaleString('en')} are asked for`,
    'ask for more images',
  );
}

/** Lines of the log that ends with a line feed; what follows the last one is half written. */
const wholeLines = (log: string): string[] => log.split('\n').slice(0, -1);

/** The log as it was after so many training images. */
const logUpTo = (log: string, images: number): string =>
  wholeLines(log)
    .filter((line) => isUpTo(line, images))
    .map((line) => `${line}\n`)
    .join('');

/** A line that a crash spoilt does not count. */
function isUpTo(line: string, images: number): boolean {
  try {
    return (JSON.parse(line) as { images: number }).images <= images;
  } catch {
    return false;
  }
}
