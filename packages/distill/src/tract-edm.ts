import { edmWeight } from '@tract/schedules/training';
import type { TargetRule } from './target-rule.js';
import { twoPredictions } from './two-predictions.js';

export type TractEdmOptions = {
  /** Step of the teacher: Heun's two calls, as in the paper, or DDIM's one. Default: 'heun'. */
  readonly teacher?: 'heun' | 'ddim';
  /** Standard deviation of the data. Default: 0.5. */
  readonly sigmaData?: number;
};

/**
 * Make TRACT's rule for the variance exploding process (`edmNoiseGrid`) and EDM's teachers. As in its published code the self-teacher's prediction is
 * clipped to [−1, 1], the teacher's not, and the loss is EDM's, the plain squared error of the network inside the preconditioning.
 * Source: Berthelot et al. 2023, Section 3.2; Karras et al. 2022, Table 1.
 */
export const tractEdm = ({ teacher = 'heun', sigmaData }: TractEdmOptions = {}): TargetRule =>
  twoPredictions({
    name: 'tract-edm',
    first: teacher,
    second: 'selfTeacher',
    clip: 'second',
    lossWeight: edmWeight(sigmaData),
    defaults: { selfTeacherMomentum: 0.5 },
  });
