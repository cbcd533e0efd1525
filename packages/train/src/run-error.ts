/**
 * Cause of the end of a run, or of its not beginning:
 * - `unfinished`, `finished`, `missing`, `occupied`: the place of the run holds another thing than was asked for;
 * - `absent`: there is no run to read;
 * - `settings`: the run was made with other settings, which `override` would allow; `fixed`: with others that nothing allows;
 * - `too-short`: its checkpoint has done more updates than are asked for; `foreign`: the checkpoint to go on from is of another run;
 * - `place`: no run can be created there;
 * - `busy`: another process works on it; `damaged`: its files are not what was written; `write`: the disk did not take a file;
 * - `diverged`: a loss, gradient or weight is not finite; `crashed`: its process ended too often; `interrupted`: the caller's signal stopped it.
 */
export type RunErrorKind =
  | 'unfinished'
  | 'finished'
  | 'missing'
  | 'occupied'
  | 'absent'
  | 'settings'
  | 'fixed'
  | 'too-short'
  | 'foreign'
  | 'place'
  | 'busy'
  | 'damaged'
  | 'write'
  | 'diverged'
  | 'crashed'
  | 'interrupted';

/** Base class of the errors of a run. The message is one sentence: `problem; remedy`. */
export class RunError extends Error {
  override readonly name: string = 'RunError';

  /** @param remedy a way out in terms of this library; a program may put its own in its place. */
  constructor(
    readonly kind: RunErrorKind,
    readonly problem: string,
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(`${problem}; ${remedy}`, options);
  }
}

/** Another process, or another page, works on the run. */
export class RunBusy extends RunError {
  override readonly name = 'RunBusy';

  constructor(problem: string, remedy: string) {
    super('busy', problem, remedy);
  }
}

/** A file of the run is missing, damaged or of another version. */
export class RunDamaged extends RunError {
  override readonly name = 'RunDamaged';

  constructor(problem: string, remedy: string, cause?: unknown) {
    super('damaged', problem, remedy, { cause });
  }
}

/** A loss, gradient or weight is not finite; nothing was committed since the last checkpoint. */
export class Diverged extends RunError {
  override readonly name = 'Diverged';

  /** @param what such as `the loss became NaN`. @param step updates done, the one at fault included. */
  constructor(
    what: string,
    readonly step: number,
  ) {
    super(
      'diverged',
      `${what} at update ${step}; nothing was written since the last checkpoint`,
      'resume from it with a lower learning rate, or start again with one',
    );
  }
}

/** The caller's signal stopped the run, after a commit. */
export class Interrupted extends RunError {
  override readonly name = 'Interrupted';

  /** @param reason the signal's reason, such as the name of a POSIX signal. */
  constructor(
    readonly reason: string,
    readonly images: number,
  ) {
    super('interrupted', `stopped by ${reason} after ${images.toLocaleString('en')} images, with a checkpoint`, 'resume the run to go on');
  }
}
