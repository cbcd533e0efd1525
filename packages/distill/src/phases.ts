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
 * Which phase a run is in: floor(progress·(1 − 1e-9)·phases). All phases are equally long.
 *
 * @param progress part of the whole run that is done, in [0, 1]; 1 still belongs to the last phase.
 * @throws RangeError when progress is outside [0, 1].
 */
export function phaseAt(progress: number, phases: number): number {
  return Math.floor(stretched(progress, phases));
}

/** How much of its phase is done at this progress of the whole run, in [0, 1). */
export function phaseProgress(progress: number, phases: number): number {
  return stretched(progress, phases) % 1;
}

function stretched(progress: number, phases: number): number {
  if (!(progress >= 0 && progress <= 1)) throw new RangeError(`phaseAt: progress must be in [0, 1], got ${progress}`);
  return progress * (1 - 1e-9) * phases;
}
