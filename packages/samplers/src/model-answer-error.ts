/** A model answered with something that is no image: another type, another size, NaN. `step` counts from 0. */
export class ModelAnswerError extends Error {
  override readonly name = 'ModelAnswerError';
  constructor(
    where: string,
    readonly step: number,
    fault: string,
  ) {
    super(`${where}: the model's answer ${fault}; x0 must be a new vector of the space`);
  }
}
