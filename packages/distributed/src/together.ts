import type { Collective } from './collective.js';
import { DistributedError } from './distributed-error.js';

const agreed = new WeakSet<object>();

/** True for an error that all ranks know of: each has it, or one that tells of it, and may part from the others in peace. */
export const isAgreed = (error: unknown): boolean => typeof error === 'object' && error !== null && agreed.has(error);

/** Note that all ranks have an error of their own at the same point. */
export function markAgreed<E extends object>(error: E): E {
  agreed.add(error);
  return error;
}

/** An error of another rank. */
export class PeerError extends DistributedError {
  /** @param exitCode with which that rank ends, so that all can. */
  constructor(
    message: string,
    readonly peer: number,
    readonly exitCode: number,
  ) {
    super('peer', message);
  }
}

export type TogetherOptions = {
  /** Exit code of an error, for the other ranks to end with too. Default: 1. */
  readonly exitCodeOf?: (error: unknown) => number;
};

/**
 * Do work that every rank does by itself, with no collective in it, and go on only if none has failed. Where some have, each of these throws its own error, and the others
 * one that tells of the first; all are `isAgreed`.
 */
export async function together<T>(
  collective: Collective,
  work: () => T | Promise<T>,
  { exitCodeOf = () => 1 }: TogetherOptions = {},
): Promise<T> {
  const [result] = await Promise.allSettled([(async () => work())()]);
  const failed = result.status === 'rejected';
  if ((await collective.agree(failed ? 1 : 0)) === 0) return (result as PromiseFulfilledResult<T>).value;
  const flags = Float32Array.from({ length: collective.size }, (_, rank) => (failed && rank === collective.rank ? 1 : 0));
  await collective.allReduceSum(flags);
  const peer = flags.findIndex((flag) => flag > 0);
  const own: unknown = failed ? result.reason : undefined;
  const first = await broadcastJson(collective, { message: messageOf(own), exitCode: failed ? exitCodeOf(own) : 0 }, peer);
  // Of one sentence that all ranks have, one is enough.
  const isNews = failed && (collective.rank === peer || messageOf(own) !== first.message);
  throw markAgreed(isNews && own instanceof Error ? own : new PeerError(`rank ${peer} failed: ${first.message}`, peer, first.exitCode));
}

/**
 * End a rank's part with an exit code, which is returned: in peace where all ranks end here, with code 0 or an error that all know of (`isAgreed`); else all end at once.
 * @param say tells of the error before that.
 */
export async function part(collective: Collective, code: number, say: () => void, error?: unknown): Promise<number> {
  if (code === 0 || isAgreed(error)) {
    say();
    await collective.close();
    return code;
  }
  // What all have got wrong rank 0 tells, and ends the others.
  if (collective.rank > 0) await new Promise((resolve) => setTimeout(resolve, 500));
  say();
  return collective.abort(code, '');
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Send plain JSON from one rank to all. */
export async function broadcastJson<T>(collective: Collective, value: T, root = 0): Promise<T> {
  const text = new TextEncoder().encode(JSON.stringify(value) ?? 'null');
  const length = Uint32Array.of(text.length);
  await collective.broadcast(length, root);
  const bytes = collective.rank === root ? text : new Uint8Array(length[0]);
  await collective.broadcast(bytes, root);
  return JSON.parse(new TextDecoder().decode(bytes)) as T;
}
