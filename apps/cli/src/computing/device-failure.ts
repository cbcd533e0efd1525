import { failure } from '../errors.js';

/** Remedies for a lost device and for one without memory: ends of sentences. */
export type WaysOut = { readonly lost: string; readonly full: string };

const usual: WaysOut = { lost: 'give the command again', full: 'choose a smaller --batch or model' };

/** Return the end of a command whose device failed; any other error as it is. By kind, so that the backend need not be loaded. */
export function deviceFailure(error: unknown, { lost, full }: WaysOut = usual): unknown {
  if (!(error instanceof Error)) return error;
  // The packages end with a way out for programs.
  const what = error.message.replace(/;[^;]*$/, '').replace(/\s+/g, ' ');
  const { kind } = error as { readonly kind?: unknown };
  if (kind === 'device-lost') return failure(`${what}; ${lost}`);
  if (kind === 'out-of-memory') return failure(`${what}; ${full}`);
  return error;
}
