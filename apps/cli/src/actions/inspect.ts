import { withCommas } from '@tract/report';
import { type Io, report } from '../io.js';
import { readModel, type StoredModel } from '../models/model-folder.js';

export type InspectOptions = { readonly json?: boolean };

export function inspect(io: Io, name: string, options: InspectOptions): void {
  const model = readModel(name);
  const tensors = [...model.tensors].map(([path, { dtype, shape, data }]) => ({ name: path, dtype, shape, parameters: data.length }));
  const parameters = tensors.reduce((sum, tensor) => sum + tensor.parameters, 0);
  report(io, options.json === true, { model: name, parameters, config: model.config, tensors }, describe(model, parameters, tensors));
}

type Row = { readonly name: string; readonly dtype: string; readonly shape: readonly number[]; readonly parameters: number };

function describe(model: StoredModel, parameters: number, tensors: readonly Row[]): string[] {
  const width = Math.max(...tensors.map(({ name }) => name.length));
  return [
    `${model.path}: ${withCommas(parameters)} parameters in ${tensors.length} tensors`,
    JSON.stringify(model.config, null, 2),
    ...tensors.map(
      ({ name, dtype, shape, parameters: count }) => `${name.padEnd(width)}  ${dtype}  [${shape.join(', ')}]  ${withCommas(count)}`,
    ),
  ];
}
