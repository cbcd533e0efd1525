import { readFileSync, statSync } from 'node:fs';
import type { RunConfig } from '@tract/train';
import { isMap, type PlainMap, upgradeSettings } from '@tract/train/settings';
import type { Layer } from './layer.js';
import { SettingsError } from './settings-error.js';
import { readYaml, type YamlValue } from './yaml-value.js';

/** Content of the file of --config. */
export type SettingsFile = {
  readonly layer: Layer;
  /** The preset that it changes, if it says so. */
  readonly preset?: string;
  /** True for the configuration of a run, which is complete. */
  readonly isWhole: boolean;
};

/** Bytes: no settings come near. */
const most = 2 ** 14;

/**
 * Read a file of settings, YAML or JSON, or the config.json of a run of the same command.
 * @throws SettingsError for a file that is not there or neither.
 */
export function readSettingsFile(path: string, command: RunConfig['command']): SettingsFile {
  const fail = (fault: string, cause?: unknown) => new SettingsError(`--config ${path}: ${fault}`, path, { cause });
  const { value, lineOf } = readYaml(readText(path, fail), path);
  if (!isMap(value)) throw fail(`expected settings, such as images: 100000, got ${JSON.stringify(value)?.slice(0, 60)}`);
  const nameIn = (folder: string) => (name: string) => {
    const line = lineAbout(lineOf, `${folder}${name}`);
    return `${path}${line === undefined ? '' : `:${line}`}: ${name}`;
  };
  if (!Object.hasOwn(value, 'format')) {
    const { $schema: _, preset, ...values } = value;
    if (preset !== undefined && typeof preset !== 'string')
      throw fail(`preset must be the name of a preset, got ${JSON.stringify(preset)}`);
    return { layer: { values, nameOf: nameIn('') }, ...(preset !== undefined && { preset }), isWhole: false };
  }
  return { layer: { values: upgradeSettings(settingsOfRun(value, command, fail)), nameOf: nameIn('settings.') }, isWhole: true };
}

/** The line of a path, or of the nearest mapping or list around it. */
function lineAbout(lineOf: YamlValue['lineOf'], path: string): number | undefined {
  const end = path.lastIndexOf('.');
  return lineOf(path) ?? (end < 0 ? undefined : lineAbout(lineOf, path.slice(0, end)));
}

function readText(path: string, fail: (fault: string, cause?: unknown) => SettingsError): string {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) throw new Error('it is no file');
    if (stat.size > most) throw new Error(`it has ${stat.size} bytes, settings at most ${most}`);
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    throw fail(`cannot be read: ${(error as Error).message}`, error);
  }
}

function settingsOfRun(value: PlainMap, command: RunConfig['command'], fail: (fault: string) => SettingsError): PlainMap {
  const { format, version, command: made, settings } = value;
  if (format !== 'tract-run')
    throw fail(`expected settings or the config.json of a run, whose format is "tract-run", got ${JSON.stringify(format)}`);
  if (version !== 2) throw fail(`it is of a run of version ${JSON.stringify(version)}, this tract reads 2`);
  if (made !== command) throw fail(`it is of a run of tract ${JSON.stringify(made)}, this is tract ${command}`);
  if (!isMap(settings)) throw fail('expected the settings of the run under "settings"');
  return settings;
}
