import type { RunConfig } from '@tract/train';
import type { z } from 'zod';
import { choosePreset } from '../presets.js';
import { commandLineLayer } from './assignment.js';
import { checkSettings } from './check-settings.js';
import { type Layer, layered, withoutNulls } from './layer.js';
import { settingsAmong } from './setting-flags.js';
import { SettingsError } from './settings-error.js';
import { readSettingsFile, type SettingsFile } from './settings-file.js';
import type { PlainMap } from './yaml-value.js';

/** What a command line says of settings, besides the options of their own names. */
export type SettingsOptions = {
  readonly preset?: string;
  readonly config?: string;
  readonly set?: readonly string[];
};

/** The settings of one command. */
export type SettingsOf<S> = {
  readonly command: RunConfig['command'];
  readonly schema: z.ZodType<S>;
  readonly presets: Readonly<Record<string, S>>;
  /** The preset that is meant where none is named. */
  readonly usual: string;
};

/**
 * The settings of a training: those of the preset, over them those of --config, over them those of --set and of the options. The
 * configuration of a run stands in the place of the first two.
 * @throws SettingsError or CliError (usage) for what is no setting, what no setting can be, and what does not go together.
 */
export function resolveSettings<S extends object>({ command, schema, presets, usual }: SettingsOf<S>, options: SettingsOptions): S {
  const file = options.config === undefined ? undefined : readSettingsFile(options.config, command);
  const above = commandLineLayer(options.set ?? [], settingsAmong(options) as PlainMap);
  const layers = [...layersBelow(presets, usual, file, options), above];
  const values = layers.map((layer) => layer.values).reduce(layered);
  return checkSettings(schema, withoutNulls(values), layers, `tract ${command}`);
}

function layersBelow(
  presets: Readonly<Record<string, object>>,
  usual: string,
  file: SettingsFile | undefined,
  options: SettingsOptions,
): readonly Layer[] {
  if (file?.isWhole) {
    if (options.preset === undefined) return [file.layer];
    throw new SettingsError(
      `--config ${options.config} is the configuration of a run, which says everything; leave --preset ${options.preset} out`,
      '--preset',
    );
  }
  const preset = options.preset ?? file?.preset ?? usual;
  const values = choosePreset(presets, preset) as PlainMap;
  return [{ values, nameOf: (path) => `preset ${preset}: ${path}` }, ...(file ? [file.layer] : [])];
}
