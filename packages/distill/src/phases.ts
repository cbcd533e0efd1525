/**
 * One phase of distillation: a teacher of `teacherSteps` sampling steps becomes a student of `studentSteps`.
 * On the index grid the teacher moves by `stride`, the student by `jump`, a group of teacher steps.
 */
export type Phase = {
  readonly index: number;
  readonly teacherSteps: number;
  readonly studentSteps: number;
  readonly stride: number;
  readonly jump: number;
};

/**
 * The phases of a list of sampling steps: [1024, 32, 1] is 1024→32, then 32→1.
 *
 * @param timesteps the index grid; a multiple of the first entry.
 * @throws RangeError when there are fewer than two entries, or they are not whole numbers ≥ 1, do not descend, or do not divide each other.
 */
export function phasesOf(phaseSteps: readonly number[], timesteps: number = phaseSteps[0]): Phase[] {
  const list = `[${phaseSteps}]`;
  if (phaseSteps.length < 2) throw new RangeError(`phasesOf: needs at least two entries, such as [1024, 32, 1], got ${list}`);
  for (const steps of [...phaseSteps, timesteps]) {
    if (!(Number.isInteger(steps) && steps >= 1))
      throw new RangeError(`phasesOf: steps must be whole numbers ≥ 1, got ${steps} in ${list}`);
  }
  if (timesteps % phaseSteps[0] !== 0) {
    throw new RangeError(
      `phasesOf: ${timesteps} timesteps do not divide into ${phaseSteps[0]} equal steps; choose timesteps as a multiple of it`,
    );
  }
  return phaseSteps.slice(1).map((studentSteps, index) => {
    const teacherSteps = phaseSteps[index];
    if (studentSteps >= teacherSteps)
      throw new RangeError(`phasesOf: steps must descend, got ${teacherSteps} then ${studentSteps} in ${list}`);
    if (teacherSteps % studentSteps !== 0) {
      throw new RangeError(
        `phasesOf: each entry must divide the one before, but ${teacherSteps} is not a multiple of ${studentSteps} in ${list}`,
      );
    }
    return { index, teacherSteps, studentSteps, stride: timesteps / teacherSteps, jump: timesteps / studentSteps };
  });
}

/**
 * The part of a run that each of so many phases takes: the weights brought to a sum of 1; equal parts without them.
 *
 * @throws RangeError when there is not one positive weight for each phase.
 */
export function phaseShares(phases: number, weights: readonly number[] = new Array<number>(phases).fill(1)): number[] {
  if (weights.length !== phases || !weights.every((weight) => weight > 0 && Number.isFinite(weight))) {
    throw new RangeError(`phaseShares: expected a positive number for each of the ${phases} phases, got [${weights}]`);
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/**
 * Which phase a run is in. The border between two phases still belongs to the one before.
 *
 * @param progress part of the whole run that is done, in [0, 1].
 * @param shares from `phaseShares`.
 * @throws RangeError when progress is outside [0, 1].
 */
export function phaseAt(progress: number, shares: readonly number[]): number {
  return locate(progress, shares).phase;
}

/** How much of its phase is done at this progress of the whole run, in [0, 1). */
export function phaseProgress(progress: number, shares: readonly number[]): number {
  return locate(progress, shares).within;
}

function locate(progress: number, shares: readonly number[]): { readonly phase: number; readonly within: number } {
  if (!(progress >= 0 && progress <= 1)) throw new RangeError(`phaseAt: progress must be in [0, 1], got ${progress}`);
  let left = progress * (1 - 1e-9); // the published code's way of keeping a border, and the run's end, in the phase before
  let phase = 0;
  while (left >= shares[phase] && phase < shares.length - 1) left -= shares[phase++];
  return { phase, within: Math.min(left / shares[phase], 1 - Number.EPSILON) };
}
