import { type Method, methods, targetRules } from '@tract/distill';
import type { DistillSettings } from '../task-settings.js';

type Own = 'method' | 'teacherStep' | 'selfEma' | 'highNoiseFraction' | 'lossWeight' | 'huberWidth' | 'huberOver' | 'clip' | 'clipStudent';

export type MethodDefaults = { readonly [K in Own]: NonNullable<DistillSettings[K]> | null };

/** True for the name of a method. */
export const isMethod = (name: unknown): name is Method => methods.some((method) => method === name);

/** Return the settings that belong to a method, as its source has them: loss weight, momentum, draw, loss and clipping; null for one that it leaves out. */
export function methodDefaults(method: Method): MethodDefaults {
  const { rule, lossWeight } = targetRules[method];
  const { selfTeacherMomentum = 0.5, huberWidth = 0, huberOver = null } = rule({}).defaults ?? {};
  const loss = { lossWeight, huberWidth, huberOver, clip: null, clipStudent: false };
  return { method, teacherStep: null, selfEma: selfTeacherMomentum, highNoiseFraction: null, ...loss };
}
