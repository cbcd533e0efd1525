import { ddimWeights } from './ddim-weights.js';
import type { NoiseLevel } from './noise-level.js';

/**
 * Return the weight of the teacher's prediction in TRACT's target when the teacher stepped a→b and the self-teacher b→c; the rest is the
 * self-teacher's. One step a→c with w·x0Teacher + (1 − w)·x0SelfTeacher lands where the two steps landed, on VP and EDM levels alike.
 * Follows from DDIM being linear and transitive: w = keep(b→c)·add(a→b) / add(a→c). In [0, 1] when noise falls from a to b to c;
 * 1 when b is c, where there was no second step.
 *
 * @throws RangeError when a and c are the same level, or a (or b, unless it is c) has no noise.
 */
export function teacherShare(a: NoiseLevel, b: NoiseLevel, c: NoiseLevel): number {
  if (sameLevel(a, c)) throw new RangeError('teacherShare: the jump from a to c must go to another level, got the same twice');
  if (sameLevel(b, c)) return 1;
  return (ddimWeights(b, c).keepXt * ddimWeights(a, b).addX0) / ddimWeights(a, c).addX0;
}

const sameLevel = (x: NoiseLevel, y: NoiseLevel) => x.alpha === y.alpha && x.sigma === y.sigma;
