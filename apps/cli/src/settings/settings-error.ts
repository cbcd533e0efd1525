import { CliError, exitCodes } from '../errors.js';

/** Settings that cannot be, in a file or on the command line; nothing has been written. */
export class SettingsError extends CliError {
  override readonly name = 'SettingsError';

  constructor(
    message: string,
    /** Place of the settings, such as `digits.yaml:3` or `--set`. */
    readonly source: string,
    options?: ErrorOptions,
  ) {
    super(message, exitCodes.usage, options);
  }
}
