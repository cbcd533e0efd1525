import { type JumpWeightName, type NoiseProcess, noiseProcesses } from '@tract/schedules/training';
import { btd } from './btd.js';
import { consistencyDistillation, consistencyTraining } from './consistency.js';
import { easyConsistencyTuning } from './easy-consistency.js';
import { improvedConsistencyTraining } from './improved-consistency.js';
import { multistepConsistency } from './multistep-consistency.js';
import { shortcut } from './shortcut.js';
import { splitMeanFlow } from './split-mean-flow.js';
import type { TargetRule } from './target-rule.js';
import { tract } from './tract.js';
import { tractEdm } from './tract-edm.js';

/** Way that a teacher takes a step. */
export type TeacherStep = 'ddim' | 'heun';

/** Choices that some rules leave open. */
export type RuleOptions = {
  /** Default: the rule's. */
  readonly teacher?: TeacherStep;
};

/** Row of the registry. */
type Row = {
  readonly rule: (options: RuleOptions) => TargetRule;
  /** Name of the rule's own loss weight. */
  readonly lossWeight: JumpWeightName;
  /** Ways that its teacher may step; on EDM's levels Heun's, if that is one of them. Default: DDIM's alone. */
  readonly teacherSteps?: readonly TeacherStep[];
};

/** Target rules by the names that settings and command lines use. */
export const targetRules = {
  tract: { rule: () => tract, lossWeight: 'truncated-snr' },
  'tract-edm': { rule: tractEdm, lossWeight: 'edm', teacherSteps: ['heun', 'ddim'] },
  btd: { rule: () => btd, lossWeight: 'truncated-snr' },
  consistency: { rule: consistencyDistillation, lossWeight: 'uniform', teacherSteps: ['heun', 'ddim'] },
  'consistency-training': { rule: () => consistencyTraining, lossWeight: 'uniform', teacherSteps: [] },
  'multistep-consistency': { rule: () => multistepConsistency(), lossWeight: 'snr+1' },
  'improved-consistency-training': { rule: () => improvedConsistencyTraining(), lossWeight: 'inverse-step', teacherSteps: [] },
  'easy-consistency-tuning': { rule: () => easyConsistencyTuning(), lossWeight: 'inverse-step', teacherSteps: [] },
  shortcut: { rule: () => shortcut({ base: 'teacher' }), lossWeight: 'snr+1' },
  'shortcut-training': { rule: () => shortcut(), lossWeight: 'snr+1', teacherSteps: [] },
  'split-mean-flow': { rule: () => splitMeanFlow(), lossWeight: 'snr+1' },
  'split-mean-flow-training': { rule: () => splitMeanFlow({ base: 'data' }), lossWeight: 'snr+1', teacherSteps: [] },
} as const satisfies Record<string, Row>;

export type Method = keyof typeof targetRules;
export const methods = Object.keys(targetRules) as Method[];

/**
 * Return the rule of a method. Where it leaves the choice, a teacher takes Heun's steps on EDM's levels and DDIM's on the cosine schedule; tract-edm is for the
 * former.
 *
 * @throws RangeError for a step that the method does not know, and for Heun's on the cosine schedule: it divides by the noise scale it lands on, and that
 * schedule's first step falls to a thousandth.
 */
export function ruleOf(
  { method, teacherStep }: { readonly method: Method; readonly teacherStep?: TeacherStep },
  { kind }: NoiseProcess,
): TargetRule {
  const { rule, teacherSteps = ['ddim'] }: Row = targetRules[method];
  const { takesHeun } = noiseProcesses[kind];
  const teacher = teacherStep ?? (teacherSteps.includes('heun') && (takesHeun || method === 'tract-edm') ? 'heun' : 'ddim');
  if (teacherStep !== undefined && !teacherSteps.includes(teacherStep))
    throw new RangeError(`${method} does not let its teacher step by ${teacherStep}; choose tract-edm or consistency for that`);
  if (teacher === 'heun' && !takesHeun)
    throw new RangeError(`${method} with steps of Heun needs a teacher on EDM's noise levels; this one is on the ${kind} schedule`);
  return rule({ teacher });
}
