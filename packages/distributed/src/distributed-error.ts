/**
 * Cause of an error of ranks or shards:
 * - `launcher`: the launcher and the addon do not belong together, or the launcher cannot start ranks of this library;
 * - `not-built`: there is no addon for the MPI of the launcher; `library`: it was built for another version; `build`: it cannot be built;
 * - `settings`: ranks were started with other settings or data than rank 0, or a run goes on with other ranks;
 * - `differs`: ranks that should have the same numbers do not; `peer`: another rank has failed;
 * - `shard`: there is no such shard, the environment names none, or shards do not belong together.
 */
export type DistributedErrorKind = 'launcher' | 'not-built' | 'library' | 'build' | 'settings' | 'differs' | 'peer' | 'shard';

/** An error of ranks or shards. The message is one sentence: `problem; remedy`. */
export class DistributedError extends Error {
  override readonly name = 'DistributedError';

  constructor(
    readonly kind: DistributedErrorKind,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
