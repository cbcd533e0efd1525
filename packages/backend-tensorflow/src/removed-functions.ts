import util from 'node:util';

/** Functions of `util` that version 4.22 of the addon calls and that Node has removed (version 23) or will remove. */
const removedFunctions: Readonly<Record<string, (value: unknown) => boolean>> = {
  isArray: Array.isArray,
  isNullOrUndefined: (value) => value === null || value === undefined,
};

/**
 * Give `util` back those of the functions that this Node lacks. The addon looks them up whenever a kernel runs, so that they have to stay; they
 * are not enumerable. An addon that no longer needs them is not hindered.
 */
export function restoreRemovedFunctions(): void {
  for (const [name, value] of Object.entries(removedFunctions)) {
    if (!(name in util)) Object.defineProperty(util, name, { value, configurable: true, writable: true });
  }
}
