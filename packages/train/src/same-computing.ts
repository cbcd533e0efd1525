import type { Checkpoint } from './checkpoint.js';
import { RunError } from './run-error.js';
import type { OpenOptions } from './run-store.js';

/**
 * Check that a run goes on with what it was computed with, as far as the checkpoint tells: another backend or instruction set rounds sums otherwise, and the
 * run would not come to the bits that it comes to in one piece.
 *
 * @throws RunError (settings) for another one, unless that is allowed by `override`.
 */
export function requireSameComputing(
  from: Checkpoint | undefined,
  now: string | undefined,
  { override = false, onWarning }: Pick<OpenOptions, 'override' | 'onWarning'>,
): void {
  const before = from?.state.computing;
  if (!from || !before || !now || before === now) return;
  const change = `${from.path} was computed with ${before}, now with ${now}, which gives other bits`;
  if (!override) throw new RunError('settings', change, `go on with ${before}, allow another by \`override\`, or choose another place`);
  onWarning?.(change);
}
