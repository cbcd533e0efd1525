/**
 * Phase of a distillation: a teacher of `teacherSteps` sampling steps becomes a student of `studentSteps`.
 * On the index grid a teacher's step spans `teacherStride`, a student's `studentStride`.
 */
export type Phase = {
  readonly index: number;
  readonly teacherSteps: number;
  readonly studentSteps: number;
  readonly teacherStride: number;
  readonly studentStride: number;
};

/**
 * List the phases of sampling steps: [1024, 32, 1] is 1024→32, then 32→1.
 *
 * @param timesteps the index grid; a multiple of the first entry.
 * @throws RangeError when there are fewer than two entries, or they are not whole numbers ≥ 1, do not descend, or do not divide each other.
 */
export function phasesOf(phaseSteps: readonly number[], timesteps: number = phaseSteps[0]): Phase[] {
  const fault = phaseStepsFault(phaseSteps);
  if (fault !== undefined) throw new RangeError(`phasesOf: ${fault}`);
  if (timesteps % phaseSteps[0] !== 0) {
    throw new RangeError(
      `phasesOf: ${timesteps} timesteps do not divide into ${phaseSteps[0]} equal steps; choose timesteps as a multiple of it`,
    );
  }
  return phaseSteps.slice(1).map((studentSteps, index) => {
    const teacherSteps = phaseSteps[index];
    return { index, teacherSteps, studentSteps, teacherStride: timesteps / teacherSteps, studentStride: timesteps / studentSteps };
  });
}

/** Say why numbers of steps make no phases, such as `each number of steps divides the one before it, but …`; undefined if they do. */
export function phaseStepsFault(phaseSteps: readonly number[]): string | undefined {
  if (phaseSteps.length < 2) return 'expected at least two numbers of steps, such as 1024,32,1';
  const wrong = phaseSteps.find((steps) => !(Number.isInteger(steps) && steps >= 1));
  if (wrong !== undefined) return `numbers of steps are whole and at least 1, but one is ${wrong}`;
  for (let i = 1; i < phaseSteps.length; i++) {
    const [whole, steps] = [phaseSteps[i - 1], phaseSteps[i]];
    if (steps >= whole) return `numbers of steps descend, but ${steps} follows ${whole}; write for example 1024,32,1`;
    if (whole % steps !== 0)
      return `each number of steps divides the one before it, but ${steps} does not divide ${whole}; try ${nearestDivisor(whole, steps)}`;
  }
  return undefined;
}

/** Return the divisor of `whole` that is nearest to `wanted`, below `whole`. */
function nearestDivisor(whole: number, wanted: number): number {
  for (let distance = 1; ; distance++) {
    for (const candidate of [wanted - distance, wanted + distance]) {
      if (candidate >= 1 && candidate < whole && whole % candidate === 0) return candidate;
    }
  }
}

/**
 * Divide a run among phases: the fraction of each, its weight over the sum of weights.
 *
 * @param weights one per phase. Default: equal ones.
 *
 * @throws RangeError when there is not one positive weight for each phase.
 */
export function phaseFractions(phases: number, weights: readonly number[] = new Array<number>(phases).fill(1)): number[] {
  if (weights.length !== phases || !weights.every((weight) => weight > 0 && Number.isFinite(weight))) {
    throw new RangeError(`phaseFractions: expected a positive number for each of the ${phases} phases, got [${weights}]`);
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/**
 * Find the phase that a run is in. The border between two phases still belongs to the one before.
 *
 * @param progress fraction of the whole run that is done, in [0, 1].
 * @param fractions from `phaseFractions`.
 * @throws RangeError when progress is outside [0, 1].
 */
export function phaseAt(progress: number, fractions: readonly number[]): number {
  return locate(progress, fractions).phase;
}

/** Give the progress of the phase, in [0, 1), at a progress of the whole run. */
export function phaseProgress(progress: number, fractions: readonly number[]): number {
  return locate(progress, fractions).within;
}

function locate(progress: number, fractions: readonly number[]): { readonly phase: number; readonly within: number } {
  if (!(progress >= 0 && progress <= 1)) throw new RangeError(`phaseAt: progress must be in [0, 1], got ${progress}`);
  let left = progress * (1 - 1e-9); // the published code's way of keeping a border, and the run's end, in the phase before
  let phase = 0;
  while (left >= fractions[phase] && phase < fractions.length - 1) left -= fractions[phase++];
  return { phase, within: Math.min(left / fractions[phase], 1 - Number.EPSILON) };
}
