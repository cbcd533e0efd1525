const endings: (() => void)[] = [];

/** Register work for the end of the command, well or not, such as letting go of a device that the process would wait for. */
export const atEnd = (ending: () => void): void => void endings.push(ending);

/** Do the registered work, the last first. */
export function endAll(): void {
  for (const ending of endings.splice(0).reverse()) ending();
}
