import { truncatedSNRWeight } from '@tract/schedules/training';
import { twoPredictions } from './two-predictions.js';

/**
 * TRACT on the variance preserving process: from any start point the student jumps to the end of its interval. The teacher shows the first step, the
 * self-teacher, a fast average of the student, the rest of the way; where the first step already ends the interval the target is the teacher's prediction.
 * Source: Berthelot et al. 2023, Algorithm 1. As in its published code both predictions are clipped to [−1, 1], and the loss weight is max(SNR, 1).
 */
export const tract = twoPredictions({
  name: 'tract',
  first: 'ddim',
  second: 'selfTeacher',
  clip: 'both',
  lossWeight: truncatedSNRWeight,
  defaults: { selfTeacherMomentum: 0.5 },
});
