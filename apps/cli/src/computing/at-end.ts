const endings: (() => void)[] = [];

/** Notes what is to be done when the command has ended, well or not: letting go of a device, for which the process would wait otherwise. */
export const atEnd = (ending: () => void): void => void endings.push(ending);

/** Does what was noted, the last first. */
export function endAll(): void {
  for (const ending of endings.splice(0).reverse()) ending();
}
