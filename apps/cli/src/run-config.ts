import { usageError } from './errors.js';

/** The resolved settings of a run, as RUN/config.json and each checkpoint keep them. */
export type RunConfig = {
  readonly format: 'tract-run';
  readonly version: 2;
  readonly command: 'train' | 'distill';
  readonly settings: Settings;
};

type Settings = Readonly<Record<string, unknown>> & {
  /** Training images in all, and of an update. */
  readonly images: number;
  readonly batch: number;
};

export const runConfig = (command: RunConfig['command'], settings: RunConfig['settings']): RunConfig => ({
  format: 'tract-run',
  version: 2,
  command,
  settings,
});

/** Checkpoints that are kept where nothing else is asked for: the last one, and one to fall back on. */
export const keptCheckpoints = 2;

/** Updates of a run. */
export const updatesOf = ({ images, batch }: { readonly images: number; readonly batch: number }): number =>
  Math.max(1, Math.round(images / batch));

/** What a checkpoint counts in or is shaped by: another value would make another run of it. */
const fixed = new Set(['batch', 'network', 'prediction', 'schedule']);

/**
 * Compares the settings that a run or checkpoint was made with to those of a command that goes on from it.
 * @returns what differs, such as `learningRate 0.001 -> 0.5`; nothing unless `override` allows it.
 * @throws CliError (usage) for a difference that is not allowed.
 */
export function changedSettings(run: string, before: RunConfig, now: RunConfig, override: boolean): string[] {
  if (before.command !== now.command) throw usageError(`${run} was made by tract ${before.command}; choose another --out`);
  const changes = differences(before.settings, now.settings, '');
  const list = changes.map(({ text }) => text).join(', ');
  if (changes.length > 0 && !override) {
    throw usageError(
      `${run} was started with other settings: ${list}; keep those it has, take the new ones with --override, or choose another --out`,
    );
  }
  const hard = changes.find(({ name }) => fixed.has(name.split('.')[0]));
  if (hard) throw usageError(`--override cannot change ${hard.text}: ${run} would not be the same run; choose another --out`);
  return changes.map(({ text }) => text);
}

type Change = { readonly name: string; readonly text: string };

function differences(before: unknown, now: unknown, name: string): Change[] {
  if (isRecord(before) && isRecord(now)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])];
    return keys.flatMap((key) => differences(before[key], now[key], name === '' ? key : `${name}.${key}`));
  }
  const [was, is] = [before, now].map((value) => JSON.stringify(value));
  return was === is ? [] : [{ name, text: `${name} ${was ?? 'not given'} -> ${is ?? 'not given'}` }];
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
