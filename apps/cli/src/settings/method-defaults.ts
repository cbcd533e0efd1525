import { type Method, methods, targetRules } from '@tract/distill';
import type { PlainMap } from './yaml-value.js';

export const isMethod = (name: unknown): name is Method => methods.some((method) => method === name);

/** Return the settings that belong to a method, as its source has them: loss weight, momentum, draw, loss and clipping. */
export function methodDefaults(method: Method): PlainMap {
  const { rule, lossWeight } = targetRules[method];
  const { selfTeacherMomentum = 0.5, huberWidth = 0, huberOver = null } = rule({}).defaults ?? {};
  const loss = { lossWeight, huberWidth, huberOver, clip: null, clipStudent: false };
  return { method, teacherStep: null, selfEma: selfTeacherMomentum, highNoiseFraction: null, ...loss };
}
