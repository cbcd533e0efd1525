import { upgradeModel } from '@tract/model';
import type { RunConfig } from '@tract/train';
import type { PlainMap } from './yaml-value.js';

/** Bring the settings in the config.json of a run that an older version wrote up to date. */
export const upgradeSettings = (settings: PlainMap): PlainMap => upgradeModel(settings as Parameters<typeof upgradeModel>[0]) as PlainMap;

/** Bring the configuration that a run folder or a checkpoint of an older version keeps up to date. */
export const upgradeRun = (config: RunConfig): RunConfig => ({
  ...config,
  settings: upgradeSettings(config.settings as PlainMap) as RunConfig['settings'],
});
