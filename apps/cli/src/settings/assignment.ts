import { merged, type PlainMap } from '@tract/train/settings';
import type { Layer } from './layer.js';
import { settingFlags } from './setting-flags.js';
import { SettingsError } from './settings-error.js';
import { readYaml } from './yaml-value.js';

/** `network.channels=64` as {network: {channels: 64}}. @throws SettingsError */
function readAssignment(text: string): PlainMap {
  const [, path, value] = /^([A-Za-z]\w*(?:\.[A-Za-z]\w*)*)=(.*)$/s.exec(text) ?? [];
  if (path === undefined)
    throw new SettingsError(`--set '${text}': expected NAME=VALUE, such as learningRate=1e-4 or network.channels=64`, '--set');
  const read = readYaml(value, `--set ${path}`).value;
  return path.split('.').reduceRight<PlainMap[string]>((inner, name) => ({ [name]: inner }), read) as PlainMap;
}

/**
 * Make a layer of the settings on the command line: `--set` and the options of their own names.
 * @throws SettingsError for a setting that both give.
 */
export function commandLineLayer(assignments: readonly string[], options: PlainMap): Layer {
  const sets = assignments.map(readAssignment);
  const twice = sets.flatMap((values) => Object.keys(values)).find((name) => Object.hasOwn(options, name));
  if (twice !== undefined) {
    const flag = `--${settingFlags[twice]}`;
    throw new SettingsError(`--set ${twice} and ${flag} say the same setting; leave one out`, '--set');
  }
  return {
    values: sets.reduce(merged, options),
    nameOf: (path) => {
      const [name] = path.split('.');
      return Object.hasOwn(options, name) ? `--${settingFlags[name]}` : `--set ${path}`;
    },
  };
}
