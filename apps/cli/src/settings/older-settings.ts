import { upgradeModel } from '@tract/model';
import type { RunConfig } from '@tract/train';
import type { PlainMap } from './yaml-value.js';

/** Bring the settings in the config.json of a run, or in the recipe of a model, that an older version wrote up to date. */
export function upgradeSettings(settings: PlainMap): PlainMap {
  const { noisyShare, restart, ...rest } = upgradeModel(settings as Parameters<typeof upgradeModel>[0]) as PlainMap;
  return {
    ...rest,
    ...(noisyShare !== undefined && { highNoiseFraction: noisyShare }),
    ...(restart !== undefined && { reinitStudent: restart === 'teacher' }),
  };
}

/** Bring the configuration that a run folder or a checkpoint of an older version keeps up to date. */
export const upgradeRun = (config: RunConfig): RunConfig => ({
  ...config,
  settings: upgradeSettings(config.settings as PlainMap) as RunConfig['settings'],
});
