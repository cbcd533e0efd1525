import type { AveragingSettings } from '@tract/distill';
import type { z } from 'zod';

const averages = ['emaResidual', 'emaMomentum', 'emaHalfLife'] as const;

/** Check that one average is given at most, and a ramp only with a half-life. */
export function checkAveraging(settings: AveragingSettings, context: Pick<z.core.$RefinementCtx, 'addIssue'>): void {
  const given = averages.filter((name) => settings[name] !== undefined);
  if (given.length > 1) context.addIssue({ code: 'custom', path: [given[1]], message: `cannot stand beside ${given[0]}; choose one` });
  if (settings.emaRampUp !== undefined && settings.emaHalfLife === undefined)
    context.addIssue({ code: 'custom', path: ['emaRampUp'], message: 'goes with emaHalfLife; give that too' });
}
