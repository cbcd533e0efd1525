import { RunError } from './run-error.js';

/** Settings that a run is made with, as the run and each of its checkpoints keep them: plain JSON. */
export type RunConfig = {
  readonly format: 'tract-run';
  readonly version: 2;
  /** Kind of the task, such as `train` or `distill`. */
  readonly command: string;
  readonly settings: Readonly<Record<string, unknown>>;
};

export const runConfig = <C extends string, S extends RunConfig['settings']>(command: C, settings: S) =>
  ({ format: 'tract-run', version: 2, command, settings }) as const;

/**
 * Compare the settings that a run was made with to those that it is to go on with.
 * @param run its name, for messages.
 * @param options `override`: differences are allowed, but for the settings of `fixed`, by their first names: what a checkpoint counts in or is shaped by.
 * @returns each difference, such as `learningRate 0.001 -> 0.5`.
 * @throws RunError (settings or fixed) for a difference that is not allowed.
 */
export function changedSettings(
  run: string,
  before: RunConfig,
  now: RunConfig,
  { override = false, fixed = [] }: { readonly override?: boolean; readonly fixed?: readonly string[] },
): string[] {
  if (before.command !== now.command)
    throw new RunError('fixed', `${run} was made by ${before.command}, not ${now.command}`, 'choose another place for this run');
  const changes = differences(before.settings, now.settings, '');
  const list = changes.map(({ text }) => text).join(', ');
  if (changes.length > 0 && !override) {
    throw new RunError(
      'settings',
      `${run} was started with other settings: ${list}`,
      'keep those it has, allow the new ones by `override`, or choose another place',
    );
  }
  const hard = changes.find(({ name }) => fixed.includes(name.split('.')[0]));
  if (hard)
    throw new RunError('fixed', `${hard.text} cannot be overridden: ${run} would not be the same run`, 'choose another place for it');
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
