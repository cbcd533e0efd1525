import type { RunConfig } from '@tract/train';
import { isMethod, layered, methodDefaults, type PlainMap, withoutNulls } from '@tract/train/settings';
import type { z } from 'zod';
import { choosePreset } from '../presets/presets.js';
import { commandLineLayer } from './assignment.js';
import { checkSettings, layerOf } from './check-settings.js';
import type { Layer } from './layer.js';
import { settingsAmong } from './setting-flags.js';
import { SettingsError } from './settings-error.js';
import { readSettingsFile, type SettingsFile } from './settings-file.js';

/** Options about settings as a whole. */
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
 * Resolve the settings of a training: those of the preset, over them those of --config, over them those of --set and of the options. The
 * configuration of a run stands in the place of the first two. Where a layer changes the method, the method's own defaults come below it.
 * @throws SettingsError or CliError (usage) for what is no setting, what no setting can be, and what does not go together.
 */
export function resolveSettings<S extends object>(of: SettingsOf<S>, options: SettingsOptions): S {
  const layers = layersOf(of, options);
  const values = layers.map((layer) => layer.values).reduce(layered);
  return checkSettings(of.schema, withoutNulls(values), layers, `tract ${of.command}`);
}

/** Tell where each setting came from, by its name: `preset mnist-tract`, `method consistency`, `digits.yaml:3`, `--lr`. */
export function settingSources<S extends object>(of: SettingsOf<S>, options: SettingsOptions): Readonly<Record<string, string>> {
  const layers = layersOf(of, options);
  return Object.fromEntries(
    Object.entries(resolveSettings(of, options)).map(([name, value]) => [
      name,
      layerOf(layers, [name], value).nameOf(name).replace(`: ${name}`, ''),
    ]),
  );
}

function layersOf<S extends object>({ command, presets, usual }: SettingsOf<S>, options: SettingsOptions): readonly Layer[] {
  const file = options.config === undefined ? undefined : readSettingsFile(options.config, command);
  const above = commandLineLayer(options.set ?? [], settingsAmong(options) as PlainMap);
  return withMethodLayers([...layersBelow(presets, usual, file, options), above]);
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

/** Put the defaults of a method below each layer that changes the method of those below it. */
function withMethodLayers(layers: readonly Layer[]): Layer[] {
  let current: unknown;
  return layers.flatMap((layer) => {
    const { method } = layer.values;
    const isChanged = current !== undefined && method !== current && isMethod(method);
    current = method ?? current;
    return isChanged ? [{ values: methodDefaults(method), nameOf: (path) => `method ${method}: ${path}` }, layer] : [layer];
  });
}
