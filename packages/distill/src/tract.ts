import { teacherShare, truncatedSNRWeight } from '@tract/schedules';
import type { TargetRule } from './target-rule.js';

/**
 * TRACT on the variance preserving process: from anywhere in a group of teacher steps the student jumps to the group's end. The
 * teacher shows the first step, the self-teacher, a fast average of the student, the rest of the way; where the first step already
 * ends the group the target is the teacher's prediction. Source: Berthelot et al. 2023, Algorithm 1. As in its published code both
 * predictions are clipped to [−1, 1], and the loss weight is max(SNR, 1).
 */
export const tract: TargetRule = {
  name: 'tract',
  first: 'ddim',
  second: 'selfTeacher',
  clip: 'both',
  positions: ({ teacherSteps, studentSteps }) => teacherSteps / studentSteps,
  share: teacherShare,
  lossWeight: truncatedSNRWeight,
};
