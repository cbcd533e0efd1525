import type { SetFingerprint } from '@tract/data';
import type { Checkpoint } from './checkpoint.js';
import { RunError } from './run-error.js';
import type { OpenOptions } from './run-store.js';

/**
 * Check that a run goes on with the images that it was begun with, as far as its checkpoint and the task tell.
 *
 * @throws RunError (settings) for another set, unless that is allowed by `override`.
 */
export function requireSameData(
  from: Checkpoint | undefined,
  { data: now }: { readonly data?: SetFingerprint },
  { override = false, onWarning }: Pick<OpenOptions, 'override' | 'onWarning'>,
): void {
  const before = from?.state.data;
  if (!from || !before || !now || before.sha256 === now.sha256) return;
  const change = `${from.path} was trained on other images: ${countsOf(before)}, now ${countsOf(now)}, with other names, sizes or classes`;
  if (!override)
    throw new RunError('settings', change, 'give it the images that it had, allow others by `override`, or choose another place');
  onWarning?.(change);
}

const countsOf = ({ images, classes }: SetFingerprint): string =>
  `${images.toLocaleString('en')} images${classes > 0 ? ` in ${classes.toLocaleString('en')} classes` : ''}`;
