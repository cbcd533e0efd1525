/** The files of a model are damaged, incomplete or do not belong together, or a model draws what is not a number. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
}

/** An option of sampling does not go with the model or with another option. */
export class SamplingError extends RangeError {
  override readonly name = 'SamplingError';

  /**
   * @param option name of the option, such as `churnMin`.
   * @param reason the rest of the sentence.
   */
  constructor(
    readonly option: string,
    readonly reason: string,
  ) {
    super(`${option} ${reason}`);
  }
}
