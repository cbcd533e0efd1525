import { btd, consistencyDistillation, consistencyTraining, multistepConsistency, type TargetRule, tract } from '@tract/distill';

/** The target rules for teachers on the cosine schedule, by the names that settings and the command line use. */
export const targetRules = {
  tract,
  btd,
  // Heun's step divides by the noise scale it lands on, and the cosine schedule's first step falls to a thousandth.
  consistency: consistencyDistillation({ teacher: 'ddim' }),
  'consistency-training': consistencyTraining,
  'multistep-consistency': multistepConsistency(),
} as const satisfies Record<string, TargetRule>;

export type Method = keyof typeof targetRules;
