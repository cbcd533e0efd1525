/** Return the command line's option for a name of the library: `--churn-min` for `churnMin`. */
export const flagOf = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
