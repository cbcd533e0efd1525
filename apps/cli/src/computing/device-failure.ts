import { failure } from '../errors.js';

/** Remedies for a lost device and for one without memory: ends of sentences. */
export type WaysOut = { readonly lost: string; readonly full: string };

const usual: WaysOut = { lost: 'give the command again', full: 'choose a smaller --batch or model' };

/** The end of a command whose device failed; any other error as it is. By name, because a package may be loaded twice. */
export function deviceFailure(error: unknown, { lost, full }: WaysOut = usual): unknown {
  if (!(error instanceof Error)) return error;
  // The packages end with a way out for programs.
  const what = error.message.replace(/;[^;]*$/, '').replace(/\s+/g, ' ');
  if (error.name === 'WebGpuDeviceLostError') return failure(`${what}; ${lost}`);
  if (error.name === 'WebGpuOutOfMemoryError') return failure(`${what}; ${full}`);
  return error;
}
