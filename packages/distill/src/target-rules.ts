import type { NoiseProcess } from '@tract/schedules';
import { btd } from './btd.js';
import { consistencyDistillation, consistencyTraining, multistepConsistency } from './consistency.js';
import type { TargetRule } from './target-rule.js';
import { tract } from './tract.js';
import { tractEdm } from './tract-edm.js';

/** How a teacher takes a step. */
export type TeacherStep = 'ddim' | 'heun';

/** The target rules by the names that settings and the command line use. */
const rules = {
  tract: () => tract,
  'tract-edm': (teacher) => tractEdm({ teacher }),
  btd: () => btd,
  consistency: (teacher) => consistencyDistillation({ teacher }),
  'consistency-training': () => consistencyTraining,
  'multistep-consistency': () => multistepConsistency(),
} as const satisfies Record<string, (teacher: TeacherStep) => TargetRule>;

export type Method = keyof typeof rules;
export const methods = Object.keys(rules) as Method[];

/**
 * The rule of a method, where it leaves the choice with Heun's steps on EDM's levels and DDIM's on the cosine schedule; tract-edm is for the former.
 * @throws RangeError for Heun's steps there: they divide by the noise scale they land on, and that schedule's first step falls to a thousandth.
 */
export function ruleOf(
  { method, teacherStep }: { readonly method: Method; readonly teacherStep?: TeacherStep },
  { kind }: NoiseProcess,
): TargetRule {
  const rule = rules[method](teacherStep ?? (kind === 'edm' || method === 'tract-edm' ? 'heun' : 'ddim'));
  if (teacherStep !== undefined && rule.first !== teacherStep)
    throw new RangeError(`${method} does not let its teacher step by ${teacherStep}; choose tract-edm or consistency for that`);
  if (rule.first === 'heun' && kind !== 'edm')
    throw new RangeError(`${method} with steps of Heun needs a teacher on EDM's noise levels; this one is on the ${kind} schedule`);
  return rule;
}
